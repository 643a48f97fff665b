"""What popups say: complete in every language, plain text only, nothing left open."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.engine.phrases import LANGUAGES
from recommender.retention.campaign import Campaign
from recommender.retention.cart import Cart, Line
from recommender.retention.content import PLACEHOLDER, Template
from recommender.retention.saying import Circumstances, said
from recommender.retention.speech import LANGUAGES as SPOKEN
from recommender.retention.speech import speech

CART = Cart("EUR", (Line("a", Decimal(2), Decimal("43.80")),))
NOW = datetime(2026, 2, 28, 23, 50, tzinfo=UTC)
FULL = Circumstances(NOW, CART, "Red lamp", "Gift bag", "VT-1", datetime(2026, 3, 1, tzinfo=UTC))


def shape(value: Any) -> Any:
    """The keys of nested objects."""
    return {key: shape(inner) for key, inner in value.items()} if isinstance(value, dict) else None


def placeholders(value: Any) -> Any:
    """The placeholders of nested texts; those of plural forms are told apart by the number alone."""
    if isinstance(value, dict):
        return {key: placeholders(inner) for key, inner in value.items() if key != "plurals"}
    return sorted(PLACEHOLDER.findall(value))


def test_popups_speak_the_languages_of_showcases() -> None:
    assert SPOKEN.keys() == LANGUAGES.keys()


@pytest.mark.parametrize("language", SPOKEN)
def test_every_language_is_complete(language: str) -> None:
    texts, english = SPOKEN[language], SPOKEN["en"]
    assert shape({**texts, "plurals": None}) == shape({**english, "plurals": None})
    assert placeholders(texts) == placeholders(english)
    assert all(set(forms) >= {"other"} for forms in texts["plurals"].values())


@pytest.mark.parametrize("language", SPOKEN)
@pytest.mark.parametrize("template", Template)
@pytest.mark.parametrize("offer", [None, {"percent": 10, "minutes": 20}, {"tiers": True}])
@pytest.mark.parametrize("circumstances", [Circumstances(NOW), FULL])
def test_nothing_is_left_open(language: str, template: Template, offer: Any, circumstances: Circumstances) -> None:
    campaign = Campaign.model_validate({"id": "one", "offer": offer, "content": {"template": template}})
    content = said(campaign, circumstances, speech(language))
    texts = [content["headline"], content.get("text", ""), content["button"]["label"], *content["notes"]]
    assert content["headline"]
    assert not any(set("{}") & set(text) for text in texts)
    assert content["direction"] == ("rtl" if language == "ar" else "ltr")


def test_the_shops_own_words_come_first_where_all_that_they_speak_of_is_known() -> None:
    own = {
        "id": "one",
        "offer": {"percent": 10},
        "content": {"template": "flash", "headline": {"en": "{item}: {offer}"}},
    }
    campaign = Campaign.model_validate(own)
    assert said(campaign, FULL, speech("en"))["headline"] == "Red lamp: 10% off"
    assert said(campaign, Circumstances(NOW), speech("en"))["headline"] == "10% off, for a short time"


def test_what_is_quoted_is_not_read_again() -> None:
    campaign = Campaign.model_validate({"id": "one", "content": {"headline": "Still {item}?"}})
    assert said(campaign, Circumstances(NOW, item="{code}"), speech("en"))["headline"] == "Still {code}?"


@given(st.text())
def test_a_title_becomes_text_whatever_it_is(title: str) -> None:
    campaign = Campaign.model_validate({"id": "one", "content": {"headline": "{item}"}})
    assert said(campaign, Circumstances(NOW, item=title), speech("en"))["headline"] == (title or "One more thing")


@pytest.mark.parametrize(
    ("language", "note"),
    [
        ("en", "€12.41 more for 5% off"),
        ("de", "Noch 12,41\xa0€ bis 5\xa0% Rabatt"),
        ("tr", "%5 indirim için €12,41 daha"),
    ],
)
def test_the_next_tier_is_told_in_the_money_of_the_language(language: str, note: str) -> None:
    campaign = Campaign.model_validate({"id": "one", "offer": {"tiers": True}})
    assert said(campaign, FULL, speech(language))["notes"] == [note]


def test_a_price_that_a_segment_decided_is_said_to_be_personal() -> None:
    campaign = Campaign.model_validate({"id": "one", "whom": {"segments": ["buyer"]}, "offer": {"percent": 5}})
    assert said(campaign, Circumstances(NOW), speech("en"))["notes"] == ["Personalised for you"]


def test_a_deadline_and_a_code_come_with_their_words() -> None:
    content = said(Campaign.model_validate({"id": "one", "offer": {"percent": 5, "minutes": 9}}), FULL, speech("en"))
    assert content["countdown"]["ends_at"] == "2026-03-01T00:00:00+00:00"
    assert content["countdown"]["seconds"] == 600
    assert content["code"]["value"] == "VT-1"


@pytest.mark.parametrize(
    ("language", "number", "text"),
    [("ru", 1, "1 товар"), ("ru", 3, "3 товара"), ("ru", 11, "11 товаров"), ("ar", 2, "منتجان"), ("en", 1, "1 item")],
)
def test_plurals_follow_the_language(language: str, number: int, text: str) -> None:
    assert speech(language).plural("pieces", number) == text


@pytest.mark.parametrize(
    ("language", "amount", "currency", "text"),
    [
        ("en", "5", "EUR", "€5"),
        ("en", "12.4", "EUR", "€12.40"),
        ("de", "1234.5", "EUR", "1.234,50\xa0€"),
        ("en", "1234", "JPY", "¥1,234"),
        ("pt", "1234.5", "BRL", "R$\xa01.234,50"),
        ("en", "1.234", "KWD", "KWD\xa01.234"),
    ],
)
def test_money_follows_language_and_currency(language: str, amount: str, currency: str, text: str) -> None:
    assert speech(language).money(Decimal(amount), currency) == text


def test_an_unknown_language_is_spoken_in_english() -> None:
    assert speech("xx").language == "en"
    assert speech("pt-BR").language == "pt"


def test_a_button_leads_where_the_code_is_used() -> None:
    own = {"id": "one", "offer": {"percent": 5}, "content": {"link": "/cart?coupon={code}"}}
    campaign = Campaign.model_validate(own)
    assert said(campaign, FULL, speech("en"))["button"] == {"label": "Take a look", "link": "/cart?coupon=VT-1"}
    assert said(campaign, Circumstances(NOW), speech("en"))["button"] == {"label": "Take a look"}


def test_a_banner_that_leads_nowhere_has_no_button() -> None:
    assert "button" not in said(Campaign.model_validate({"id": "one", "slot": "top"}), FULL, speech("en"))
