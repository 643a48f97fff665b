"""Which column of a file holds which field of an event."""

from collections.abc import Iterable, Mapping, Sequence

from recommender.errors import ImportingError
from recommender.events import schema
from training.importing.delimited import plain

EVENT_FIELDS = (
    schema.EVENT,
    schema.TIMESTAMP,
    schema.VISITOR_ID,
    schema.CUSTOMER_ID,
    schema.SESSION_ID,
    schema.ITEM_ID,
    schema.QUANTITY,
    schema.PRICE,
    schema.ORDER_ID,
    schema.VALUE,
    schema.CURRENCY,
    schema.EVENT_ID,
    schema.ATTRIBUTION_TOKEN,
)
"""Fields that a column of an event file can fill."""

SYNONYMS = {"client_id": schema.VISITOR_ID, "user_id": schema.CUSTOMER_ID, "transaction_id": schema.ORDER_ID}


def parse_map(pairs: Iterable[str], fields: Sequence[str]) -> dict[str, str]:
    """`field=column` pairs of a command line as a mapping.

    Raises:
        ImportingError: a pair is not of that form, or its field does not exist.
    """
    mapping = {}
    for pair in pairs:
        name, equals, column = pair.partition("=")
        if not (equals and column.strip()):
            raise ImportingError(f"--map: {pair!r} is not of the form field=column")
        if name.strip() not in fields:
            raise ImportingError(f"--map: {name.strip()!r} is not a field; fields are {', '.join(fields)}")
        mapping[name.strip()] = column.strip()
    return mapping


def resolve(
    file: str, columns: Sequence[str], mapping: Mapping[str, str], fields: Sequence[str] = EVENT_FIELDS
) -> dict[str, str]:
    """The column of each field that has one: named by `mapping`, or called like the field or its synonym.

    Raises:
        ImportingError: `mapping` names a column that the file does not have.
    """
    by_name = {plain(column): column for column in reversed(columns)}
    found = {name: by_name[name] for name in fields if name in by_name}
    for synonym, name in SYNONYMS.items():
        if name in fields and name not in found and synonym in by_name:
            found[name] = by_name[synonym]
    for name, wanted in mapping.items():
        column = wanted if wanted in columns else by_name.get(plain(wanted))
        if column is None:
            raise ImportingError(f"{file}: there is no column {wanted!r} for {name}; found: {', '.join(columns)}")
        found[name] = column
    taken = set(mapping)
    used = {found[name] for name in taken}
    return {name: column for name, column in found.items() if name in taken or column not in used}


def require(file: str, columns: Sequence[str], found: Mapping[str, str], *alternatives: Sequence[str]) -> None:
    """Check that of each group of fields at least one has a column.

    Raises:
        ImportingError: a group has none; says which columns there are and how to name the right one.
    """
    for fields in alternatives:
        if not any(name in found for name in fields):
            wanted = " or ".join(fields)
            raise ImportingError(
                f"{file}: no column for {wanted}; found: {', '.join(columns)}; name it with --map {fields[0]}=COLUMN"
            )
