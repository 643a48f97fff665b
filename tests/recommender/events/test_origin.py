"""Where a visit came from is a host, and nothing that names anybody."""

import pytest

from recommender.events.origin import source

HERE = "https://www.shop.example/a?utm=1"


@pytest.mark.parametrize(
    ("referrer", "url", "expected"),
    [
        ("https://www.google.com/search?q=my+name", HERE, "google.com"),
        ("https://user:secret@News.Example:8080/x", HERE, "news.example"),
        ("android-app://com.google.android.gm/", HERE, "com.google.android.gm"),
        ("https://shop.example/b", HERE, None),
        ("", HERE, "direct"),
        ("", "", None),
        ("https://other.example/", "", "other.example"),
        ("no address", HERE, None),
        ("http://[broken", HERE, None),
    ],
)
def test_the_host_that_led_here_is_told(referrer: str, url: str, expected: str | None) -> None:
    assert source(referrer, url) == expected
