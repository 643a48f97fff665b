"""Work beside the requests ends with the service, whatever happens to it."""

import asyncio

import pytest

from api.background import Background

pytestmark = pytest.mark.anyio


async def test_work_that_takes_a_cancellation_for_something_else_is_stopped_all_the_same() -> None:
    background, ignored = Background(), 0

    async def stubborn() -> None:
        nonlocal ignored
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                if ignored == 1:
                    raise
                ignored += 1

    background.repeat(stubborn)
    await asyncio.sleep(0)
    await asyncio.wait_for(background.close(), 10)
    assert ignored == 1


async def test_a_failure_harms_nobody() -> None:
    background = Background()

    async def broken() -> None:
        raise ValueError("broken")

    background.start(broken)
    await asyncio.sleep(0.01)
    await background.close()


async def test_what_was_begun_is_finished_before_the_process_ends() -> None:
    """Nobody waits for it, and it happens all the same."""
    background, done = Background(), asyncio.Event()

    async def work() -> None:
        await asyncio.sleep(0.01)
        done.set()

    background.start(work)
    await background.close()
    assert done.is_set()
