"""The language of titles and reasons."""

from starlette.requests import Request


def language(request: Request, asked: str | None = None) -> str:
    """What was asked for, else the browser's first choice, else English; lower case, without region."""
    accepted = request.headers.get("accept-language", "")
    tag = asked or accepted.partition(",")[0].partition(";")[0]
    base = tag.strip().replace("_", "-").partition("-")[0].lower()
    return base if base.isalpha() and len(base) in {2, 3} else "en"
