"""Tags, directions and translations."""

import pytest

from recommender.languages import base, isolated, translated


@pytest.mark.parametrize(("tag", "language"), [("pt-BR", "pt"), ("pt_BR", "pt"), ("DE", "de"), ("ar", "ar")])
def test_a_tag_names_its_language(tag: str, language: str) -> None:
    assert base(tag) == language


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("Look", "de", "Look"),
        ({"en": "Look", "pt": "Veja", "pt-BR": "Olhe"}, "pt-BR", "Olhe"),
        ({"en": "Look", "pt": "Veja", "pt-BR": "Olhe"}, "pt", "Veja"),
        ({"en": "Look", "pt-BR": "Olhe"}, "pt", "Olhe"),
        ({"en": "Look"}, "de", "Look"),
        ({"fr": "Voyez"}, "de", None),
        (None, "de", None),
    ],
)
def test_a_text_is_found_in_the_nearest_language(
    text: str | dict[str, str] | None, language: str, found: str | None
) -> None:
    assert translated(text, language) == found


def test_only_what_is_quoted_in_writing_from_the_right_is_isolated() -> None:
    assert isolated({"title": "Lamp"}, "en") == {"title": "Lamp"}
    assert isolated({"title": "Lamp"}, "ar") == {"title": "\u2068Lamp\u2069"}


@pytest.mark.parametrize("language", ["en", "ar"])
def test_what_is_quoted_turns_nothing_around(language: str) -> None:
    assert isolated({"title": "\u202egnp.exe\u2067!", "count": 2}, language) == isolated(
        {"title": "gnp.exe!", "count": 2}, language
    )
