"""A small disk of its own, which can be full, or read-only from one moment to the next."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

SIZE = 192 * 2**20
BALLAST = "ballast"
ENVIRONMENT = {**os.environ, "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"}
"""Where the tools of root are; some shells of root do not look there."""


class NoDisksError(RuntimeError):
    """This machine lets nobody make disks."""


@dataclass(frozen=True)
class Disk:
    """A file system in a file, mounted."""

    image: Path
    folder: Path

    def mount(self) -> None:
        """Take it into use, after what a start of a machine does to a disk that was in use when it stopped."""
        command = ["e2fsck", "-fy", self.image]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=ENVIRONMENT)
        if done.returncode > 1:  # 1: mended
            raise RuntimeError(f"the disk is damaged: {done.stdout}{done.stderr}")
        _run("mount", "-o", "loop", self.image, self.folder)

    def unmount(self) -> None:
        """Take it away; nobody may use it any more."""
        _run("umount", self.folder)

    def fill(self) -> None:
        """Leave no byte and no block."""
        with (self.folder / BALLAST).open("wb", buffering=0) as ballast:
            for size in (2**20, 4096, 1):
                with suppress(OSError):
                    while True:
                        ballast.write(b"\0" * size)
                        os.fsync(ballast.fileno())

    def clear(self) -> None:
        """Give the space back."""
        (self.folder / BALLAST).unlink()

    def fail(self) -> None:
        """Be read-only from now on, as a disk that found an error.

        What waits to be written is lost, as in a power cut.
        """
        _run("mount", "-o", "remount,abort", self.folder)


@contextmanager
def small_disk(place: Path, name: str = "disk") -> Iterator[Disk]:
    """Make one of this name below `place`.

    Raises:
        NoDisksError: this machine lets us make none; only root may.
    """
    disk = Disk(place / f"{name}.ext4", place / name)
    disk.folder.mkdir()
    with disk.image.open("wb") as image:
        image.truncate(SIZE)
    try:
        # Blocks as on disks of any size: SQLite sees to it that its shared memory has room, by pages of 4,096 bytes.
        _run("mkfs.ext4", "-q", "-F", "-b", "4096", disk.image)
        disk.mount()
    except (OSError, RuntimeError) as error:
        raise NoDisksError(f"a disk of our own takes root, loop devices and mkfs.ext4: {error}") from error
    try:
        yield disk
    finally:
        disk.unmount()


def _run(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=ENVIRONMENT)
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stderr.strip()}")
