"""The same questions as plain SQL over a log, which knows nothing of how they are answered elsewhere."""

from typing import Any

import duckdb

ACTIONS = (
    "select_item", "view_item", "add_to_cart", "remove_from_cart", "view_cart", "begin_checkout", "purchase",
    "select_promotion", "add_to_wishlist", "search", "page_view",
)  # fmt: skip

ORDERS = """
told AS (
    SELECT *, coalesce(order_id, event_id) AS ord FROM log WHERE event = 'purchase'
), customers AS (
    SELECT ord, max_by(customer_id, (verified, timestamp, event_id)) FILTER (customer_id IS NOT NULL) AS customer_id
    FROM told GROUP BY ord
), sold AS (
    SELECT DISTINCT ON (ord) ord, visitor_id, c.customer_id, session_id, timestamp, extra
    FROM told JOIN customers c USING (ord)
    ORDER BY ord, visitor_id IS NULL, verified, timestamp, event_id
), logins AS (
    SELECT DISTINCT visitor_id, customer_id, timestamp FROM log
    WHERE visitor_id IS NOT NULL AND customer_id IS NOT NULL
), orders AS (
    SELECT ord, coalesce(visitor_id, (
        SELECT max_by(l.visitor_id, (l.timestamp, l.visitor_id)) FROM logins l
        WHERE l.customer_id = sold.customer_id AND l.timestamp <= sold.timestamp
          AND l.timestamp >= sold.timestamp - INTERVAL 30 DAY
    )) AS visitor_id, customer_id, session_id, timestamp, extra FROM sold
)"""

BROWSER = "coalesce('v ' || visitor_id, 'c ' || customer_id)"
PERSON = """coalesce('c ' || customer_id, (
    SELECT 'c ' || min(l.customer_id) FROM logins l WHERE l.visitor_id = events.visitor_id
    HAVING count(DISTINCT l.customer_id) = 1 AND events.timestamp >= min(l.timestamp) - INTERVAL 30 DAY
), 'v ' || visitor_id)"""

VISITS = """
events AS (
    SELECT visitor_id, customer_id, session_id AS name, timestamp, event, extra, writer, sequence, '' AS ord
    FROM log WHERE event <> 'purchase' AND item_index = 0
    UNION ALL
    SELECT visitor_id, customer_id, session_id, timestamp, 'purchase', extra, '~', 0, ord FROM orders
), named AS (
    SELECT {who} AS who, * FROM events
), placed AS (
    SELECT *, row_number() OVER (PARTITION BY who ORDER BY timestamp, writer, sequence, ord) AS pos,
        CASE WHEN event = 'page_view' AND coalesce(extra->>'$.type', extra->>'$.page_type') IS NOT NULL
             THEN 'page_view:' || coalesce(extra->>'$.type', extra->>'$.page_type') ELSE event END AS label
    FROM named WHERE who IS NOT NULL
), looked AS (
    SELECT *, timestamp - lag(timestamp) OVER (PARTITION BY who ORDER BY pos) > INTERVAL 30 MINUTE AS pause,
        last_value(name IGNORE NULLS) OVER (
            PARTITION BY who ORDER BY pos ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS before
    FROM placed
), visits AS (
    SELECT *, who || ' ' || sum(CASE
        WHEN pos = 1 THEN 1 WHEN name IS NOT NULL AND before IS NOT NULL THEN (name <> before)::INT ELSE pause::INT
    END) OVER (PARTITION BY who ORDER BY pos) AS session FROM looked
)"""


def asked(log: Any, query: str, who: str = BROWSER) -> list[tuple[Any, ...]]:
    """What a query over `visits` answers; `log` is an Arrow table, or where Parquet files lie."""
    with duckdb.connect() as connection:
        if isinstance(log, str):
            connection.sql(f"CREATE VIEW log AS SELECT * FROM read_parquet('{log}')")
        else:
            connection.register("log", log)
        return connection.execute(f"WITH {ORDERS}, {VISITS.format(who=who)} {query}").fetchall()


def funnel(log: Any, steps: list[str], *, within: str | None = None, by: str = "''") -> list[tuple[Any, ...]]:
    """Of each unit that begins: a word, how many steps it came to, when, and what it did instead of the next.

    Args:
        log: see :func:`asked`.
        steps: labels or events.
        within: how long a person may take; left out: all in one session.
        by: SQL over the first row `f` of the session.
    """
    unit = "session" if within is None else "who"
    limit = "" if within is None else f"AND v.timestamp <= s.timestamp + INTERVAL '{within}'"
    hit = [f"(v.event = '{step}' OR v.label = '{step}')" for step in steps]
    ctes = [f"try_0 AS (SELECT v.*, v.pos AS at_0 FROM visits v WHERE {hit[0]})"]
    ctes += [
        f"try_{place} AS (SELECT s.*, (SELECT min(v.pos) FROM visits v WHERE v.{unit} = s.{unit} AND"
        f" v.pos > s.at_{place - 1} AND {hit[place]} {limit}) AS at_{place} FROM try_{place - 1} s)"
        for place in range(1, len(steps))
    ]
    places = [f"at_{place}" for place in range(len(steps))]
    reached = " + ".join(f"({place} IS NOT NULL)::INT" for place in places)
    moments = ", ".join(
        f"(SELECT epoch_us(v.timestamp) FROM visits v WHERE v.who = b.who AND v.pos = b.{place})" for place in places
    )
    ctes.append(
        f"best AS (SELECT DISTINCT ON ({unit}) *, {reached} AS reached, greatest({', '.join(places)}) AS last"
        f" FROM try_{len(steps) - 1} ORDER BY {unit}, reached DESC, at_0)"
    )
    instead = f"""coalesce((
        SELECT min_by(v.label, v.pos) FROM visits v, visits l WHERE l.who = b.who AND l.pos = b.last
          AND v.session = l.session AND v.pos > l.pos AND v.label <> l.label AND v.event IN {ACTIONS}
    ), 'exit')"""
    query = f", {', '.join(ctes)} SELECT {by}, reached, {moments}, {instead} FROM best b"
    return asked(log, query, BROWSER if within is None else PERSON)


def first_told(name: str) -> str:
    """SQL of the first value of a parameter in the session of `b`."""
    return f"""coalesce((
        SELECT min_by(v.extra->>'$.{name}', v.pos) FROM visits v WHERE v.session = b.session
          AND v.extra->>'$.{name}' IS NOT NULL
          AND v.event IN ('page_view', 'view_item', 'showcases_offered', 'showcases_not_offered')
    ), 'unknown')"""


def paths(log: Any, steps: int, to: str) -> dict[tuple[str, ...], int]:
    """How many sessions end with which steps."""
    keep = "pos < bought" if to == "purchase" else "bought IS NULL"
    query = f"""
    , acted AS (SELECT * FROM visits WHERE event IN {ACTIONS}
    ), ends AS (SELECT session, min(pos) FILTER (event = 'purchase') AS bought FROM acted GROUP BY session
    ), changed AS (
        SELECT *, label IS DISTINCT FROM lag(label) OVER (PARTITION BY session ORDER BY pos) AS new FROM acted
    ), listed AS (
        SELECT session, list(label ORDER BY pos) FILTER (new AND {keep}) AS way
        FROM changed JOIN ends USING (session)
        WHERE bought IS {"NOT NULL" if to == "purchase" else "NULL"} GROUP BY session
    ) SELECT coalesce(way[-{steps}:], []) AS last, count(*) FROM listed GROUP BY last"""
    return {tuple(way): count for way, count in asked(log, query)}


def cohorts(log: Any, every: str, zone: str) -> dict[tuple[Any, int], tuple[int, int, float]]:
    """Customers, orders and revenue by first period and periods since; of orders of accounts, without refunds."""
    apart = "month" if every == "month" else "week"
    query = f"""
    , vouched AS (
        SELECT DISTINCT ON (ord) customer_id, date_trunc('{every}', timestamp AT TIME ZONE '{zone}') AS period, value
        FROM told WHERE verified ORDER BY ord, timestamp, event_id
    ), firsts AS (
        SELECT *, min(period) OVER (PARTITION BY customer_id) AS first FROM vouched WHERE customer_id IS NOT NULL
    ) SELECT first::DATE, date_diff('{apart}', first, period), count(DISTINCT customer_id), count(*), sum(value)
    FROM firsts GROUP BY ALL"""
    return {(first, after): (people, orders, spent) for first, after, people, orders, spent in asked(log, query)}
