"""How shares, times and steps are read."""

UNITS = (("d", 86_400.0), ("h", 3_600.0), ("min", 60.0))


def share(value: float | None) -> str:
    """In hundredths; a dash where there is nothing to be a share of."""
    if value is None:
        return "–"  # noqa: RUF001 - a dash
    return f"{value:.0%}" if value >= 0.1 or value == 0 else f"{value:.1%}"


def duration(seconds: float) -> str:
    """In the largest unit of which it is one or more."""
    for name, size in UNITS:
        if seconds >= size:
            return f"{seconds / size:.1f} {name}"
    return f"{seconds:.0f} s" if seconds >= 10 or seconds == 0 else f"{seconds:.1f} s"


def label(text: str) -> str:
    """A step as people say it: `page_view:not_found` is the not found page."""
    event, _, page = text.partition(":")
    kind = f"{page} page" if page and "=" not in page else f"{event} {page}".strip()
    return kind.replace("_", " ")
