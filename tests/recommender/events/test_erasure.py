from dataclasses import replace

from recommender.events.compaction import compact
from recommender.events.erasure import erase
from recommender.events.event import Event
from recommender.events.log import EventLog
from recommender.events.names import DecisionName
from recommender.events.rows import Received
from recommender.events.spool import Spool
from recommender.workspace import ShopFolder
from tests.conftest import NOW
from tests.recommender.events.samples import encoded, event, rows


def seen(folder: ShopFolder) -> list[str]:
    return sorted(EventLog(folder).scan().collect()["event_id"])


def test_a_person_is_erased_from_the_log_and_the_spools(shop: ShopFolder) -> None:
    EventLog(shop).append(rows(event("old", visitor_id="x"), event("kept")), "x")
    with_spool = Spool.create(shop.spools)
    with_spool.append([encoded("moved", visitor_id="x")])
    compact(shop, now=NOW)
    with_spool.append([encoded("waiting", visitor_id="x"), encoded("also kept")])

    assert erase(shop, "visitor_id", "x") == 3

    assert seen(shop) == ["also kept", "kept"]
    compact(shop, now=NOW)
    assert seen(shop) == ["also kept", "kept"]
    with_spool.close()


def test_a_customer_of_the_same_id_stays(shop: ShopFolder) -> None:
    EventLog(shop).append(rows(event("v", visitor_id="x"), event("c", visitor_id=None, customer_id="x")), "x")

    erase(shop, "visitor_id", "x")

    assert seen(shop) == ["c"]


def test_a_merged_file_keeps_the_names_of_those_it_replaced(shop: ShopFolder) -> None:
    log = EventLog(shop)
    for number in range(16):
        log.append(rows(event(str(number), visitor_id=str(number))), f"import-{number}")
    compact(shop, now=NOW)

    erase(shop, "visitor_id", "3")

    log.append(rows(event("new")), "import-99")
    assert len(seen(shop)) == 16


def test_an_unknown_person_changes_nothing(shop: ShopFolder) -> None:
    log = EventLog(shop)
    log.append(rows(event("a")), "x")
    before = log.fingerprint()

    assert erase(shop, "customer_id", "nobody") == 0

    assert log.fingerprint() == before


def test_logged_pages_of_linked_people_go_too_and_nothing_else_of_theirs(shop: ShopFolder) -> None:
    """A customer's history stands in the pages of their browsers: in files as in spools, also where nobody is named."""

    def page(event_id: str, **ids: str | None) -> Event:
        return replace(event(event_id, **ids), name=DecisionName.PAGE_ANSWERED, items=())

    EventLog(shop).append(
        rows(page("own", visitor_id="v", customer_id="c"), page("before", visitor_id="v"), event("view"),
             page("stranger", visitor_id="w"), page("nobody", visitor_id=None, customer_id="d")), "x",
    )  # fmt: skip
    spool = Spool.create(shop.spools)
    spool.append([Received(page("waiting", visitor_id="v"), NOW, verified=True).encode(), encoded("later")])

    assert erase(shop, "customer_id", "c", linked=["v"]) == 3

    assert seen(shop) == ["later", "nobody", "stranger", "view"]
    spool.close()
