"""`POST /v1/events`."""

import pytest

from api.reading import of_person
from recommender.tokens import customer_token
from tests.api.conftest import Api

pytestmark = pytest.mark.anyio

VIEW = {"event": "view_item", "item_id": "lamp", "visitor_id": "v"}


async def stored(api: Api, visitor_id: str = "v") -> list[dict[str, object]]:
    response = await api.http.get(f"/v1/visitors/{visitor_id}", headers=api.secret)
    return list(response.json()["events"])


async def test_one_event_is_taken(api: Api) -> None:
    response = await api.http.post("/v1/events", json=VIEW, headers=api.public)
    assert (response.status_code, response.json()) == (202, {"accepted": 1, "rejected": []})
    assert [event["event"] for event in await stored(api)] == ["view_item"]


async def test_a_bad_event_is_rejected_by_its_place_and_the_others_count(api: Api) -> None:
    answer = await api.tell(VIEW, {"event": "view_item", "visitor_id": "v"}, {"event": "glance", "visitor_id": "v"})
    assert answer["accepted"] == 1
    assert [(one["index"], one["field"]) for one in answer["rejected"]] == [(1, "item_id"), (2, "event")]


async def test_what_the_snippet_sends_is_taken(api: Api) -> None:
    body = {"key": api.keys.public_key, "consent": "granted", "events": [VIEW, {**VIEW, "item_id": "cup"}]}
    response = await api.http.post("/v1/events", json=body, headers={"Content-Type": "text/plain"})
    assert response.json() == {"accepted": 2, "rejected": []}
    assert "key" not in (await stored(api))[0]


async def test_the_measurement_protocol_is_taken(api: Api) -> None:
    events = [{"name": "view_item", "params": {"items": [{"item_id": "cup"}]}}, {"name": "glance"}]
    answer = await api.http.post("/v1/events", json={"client_id": "v", "events": events}, headers=api.public)
    assert (answer.json()["accepted"], answer.json()["rejected"][0]["index"]) == (1, 1)


async def test_what_was_seen_steers_the_next_answer(api: Api) -> None:
    await api.tell(VIEW, {**VIEW, "item_id": "cup"})
    assert await api.seen("v") == ["cup", "lamp"]


async def test_the_same_event_twice_is_seen_once(api: Api) -> None:
    event = {**VIEW, "event_id": "e1"}
    await api.tell(event)
    await api.tell(event)
    response = await api.http.get("/v1/visitors/v", headers=api.secret)
    assert (len(response.json()["events"]), len(response.json()["state"])) == (1, 1)


async def test_a_browsers_purchase_is_a_claim_and_the_shops_is_verified(api: Api) -> None:
    purchase = {"event": "purchase", "transaction_id": "o1", "items": [{"item_id": "cup", "price": 3}]}
    await api.tell({**purchase, "visitor_id": "v"})
    await api.tell({**purchase, "visitor_id": "v"}, secret=True)
    assert [event["verified"] for event in await stored(api)] == [False, True]


async def test_a_bought_item_is_not_offered_again(api: Api) -> None:
    await api.tell({"event": "purchase", "transaction_id": "o1", "visitor_id": "v", "items": [{"item_id": "cup"}]})
    assert "cup" not in await api.recommend("best_sellers", visitor_id="v")
    assert await api.recommend("buy_again", visitor_id="v", limit=1) == ["cup"]


async def test_nobody_has_seen_what_only_stood_in_a_list(api: Api) -> None:
    await api.tell({"event": "view_item_list", "visitor_id": "v", "items": [{"item_id": "cup"}]})
    assert await api.seen("v") == []


class TestConsent:
    @pytest.mark.parametrize("consent", ["denied", "unknown", {"analytics": "granted"}])
    async def test_without_it_an_event_is_logged_without_any_id(self, api: Api, consent: object) -> None:
        person = {"visitor_id": "v", "customer_id": "c", "session_id": "s"}
        await api.tell({**VIEW, **person, "consent": consent}, secret=True)
        response = await api.http.get("/v1/visitors/v", headers=api.secret)
        assert [name for name, kept in response.json().items() if kept] == ["visitor_id"]
        assert of_person(api.services.workspace.shop("shop"), "event", "view_item")[0].event.session_id is None

    async def test_no_id_is_needed_without_it(self, api: Api) -> None:
        assert (await api.tell({"event": "page_view", "consent": "denied"}))["accepted"] == 1

    async def test_analytics_alone_leave_no_trace_in_answers(self, api: Api) -> None:
        consent = {"analytics": "granted", "storage": "granted", "personalization": "denied"}
        await api.tell({**VIEW, "consent": consent})
        assert (len(await stored(api)), await api.seen("v")) == (1, [])

    async def test_an_answer_that_is_none_is_refused(self, api: Api) -> None:
        answer = await api.tell({**VIEW, "consent": "perhaps"})
        assert answer["rejected"][0]["field"] == "consent"


PHONE = "Mozilla/5.0 (iPhone) Mobile"


class TestDevice:
    """With what a page was looked at is known from the browser."""

    @pytest.mark.parametrize(
        ("agent", "expected"), [(PHONE, "phone"), ("Mozilla/5.0 (X11)", "desktop"), ("okhttp/4.9", None)]
    )
    async def test_its_kind_is_logged_and_nothing_else_of_the_agent(
        self, api: Api, agent: str, expected: str | None
    ) -> None:
        headers = {**api.public, "User-Agent": agent}
        await api.http.post("/v1/events", json=[VIEW, {**VIEW, "event": "add_to_cart"}], headers=headers)
        view, add = await stored(api)
        assert view.get("device") == expected
        assert "device" not in str(add)
        assert "iPhone" not in str(view)

    async def test_without_consent_and_from_the_shops_server_nothing_is_logged(self, api: Api) -> None:
        agent = {"User-Agent": PHONE}
        await api.http.post("/v1/events", json=[{**VIEW, "consent": "denied"}], headers=api.public | agent)
        await api.http.post("/v1/events", json=[VIEW], headers=api.secret | agent)
        rows = of_person(api.services.workspace.shop("shop"), "event", "view_item")
        assert [dict(one.event.extra) for one in rows] == [{}, {}]

    async def test_what_the_page_says_itself_stays(self, api: Api) -> None:
        told = {**VIEW, "device": "kiosk"}
        await api.http.post("/v1/events", json=[told], headers=api.public | {"User-Agent": PHONE})
        assert "kiosk" in str(await stored(api))


class TestCustomers:
    async def test_nobody_may_speak_for_a_customer_without_a_token(self, api: Api) -> None:
        await api.tell({**VIEW, "customer_id": "c"})
        response = await api.http.get("/v1/customers/c", headers=api.secret)
        assert response.json()["events"] == []
        assert len(await stored(api)) == 1

    async def test_an_event_of_nobody_else_is_rejected(self, api: Api) -> None:
        answer = await api.tell({"event": "view_item", "item_id": "lamp", "customer_id": "c"})
        assert answer["rejected"][0]["field"] == "customer_id"

    async def test_a_token_speaks_for_its_customer(self, api: Api) -> None:
        token = customer_token("shop", "c", 4_000_000_000, api.signing_key)
        await api.tell({**VIEW, "customer_id": "c", "customer_token": token})
        response = await api.http.get("/v1/customers/c", headers=api.secret)
        assert (len(response.json()["events"]), response.json()["visitor_ids"]) == (1, ["v"])

    async def test_the_shops_server_speaks_for_everybody(self, api: Api) -> None:
        await api.tell({**VIEW, "customer_id": "c"}, secret=True)
        response = await api.http.get("/v1/visitors/v", headers=api.secret)
        assert response.json()["customer_ids"] == ["c"]


@pytest.mark.parametrize("body", ["text", 7])
async def test_a_body_without_events_is_refused(api: Api, body: object) -> None:
    response = await api.http.post("/v1/events", json=body, headers=api.public)
    assert response.status_code == 422


async def test_too_many_events_are_refused(api: Api) -> None:
    response = await api.http.post("/v1/events", json=[VIEW] * 1001, headers=api.public)
    assert response.status_code == 413
