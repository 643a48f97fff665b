"""From a title to an SVG: a shape for the thing, a pattern for its motif, and the colours it names."""

import re
from colorsys import hls_to_rgb, rgb_to_hls
from functools import cache
from hashlib import blake2b
from importlib.resources import files
from typing import Any

import orjson

HERE = files(__package__)
PLAIN_COLOURS = ("#c98f80", "#7f9db5", "#8aa37b", "#d0a85c", "#b07fa0", "#6fa3a0", "#cf8a5b", "#8c8fb8")
"""For titles that name no colour."""
ACCENTS = ("#f4e3c1", "#f6d2d2", "#cfe3ee", "#e4edcf", "#fbe7a1")
DEFAULT_SHAPE = "gift"
PALE = 0.75
"""Lightness from which a colour would vanish on a ground of its own tint."""

Words = list[tuple[str, re.Pattern[str]]]


@cache
def _vocabulary() -> tuple[Words, Words, dict[str, str]]:
    document: dict[str, Any] = orjson.loads(HERE.joinpath("words.json").read_bytes())
    shapes = [(name, re.compile(rf"(?<![a-z])(?:{words})")) for name, words in document["shapes"]]
    motifs = [(name, re.compile(rf"(?<![a-z])(?:{words})")) for name, words in document["motifs"]]
    return shapes, motifs, document["colours"]


@cache
def _symbols(name: str) -> dict[str, str]:
    text = HERE.joinpath(name).read_text(encoding="utf-8")
    return dict(re.findall(r'<symbol id="(\w+)">(.*?)</symbol>', text))


def shape(title: str) -> str:
    """The name of the drawing for a title."""
    return next((name for name, words in _vocabulary()[0] if words.search(title.lower())), DEFAULT_SHAPE)


def motif(title: str) -> str | None:
    """The pattern on the thing."""
    return next((name for name, words in _vocabulary()[1] if words.search(title.lower())), None)


def colour(item_id: str, title: str) -> str:
    """The first colour that the title names, else one that stays the item's own."""
    named = _vocabulary()[2]
    words = re.findall(r"[a-z]+", title.lower())
    return next((named[word] for word in words if word in named), PLAIN_COLOURS[_number(item_id) % len(PLAIN_COLOURS)])


def draw(item_id: str, title: str) -> str:
    """The picture of an item; the same for the same words."""
    main, accent = colour(item_id, title), ACCENTS[_number(item_id) // 16 % len(ACCENTS)]
    light, dark = _shade(main, 0.35), _shade(main, -0.3)
    pattern = _symbols("motifs.svg").get(motif(title) or "", "")
    on = light if _lightness(main) < PALE else _shade(main, -0.18)
    ground = main if _lightness(main) < PALE else _shade(PLAIN_COLOURS[_number(item_id) % len(PLAIN_COLOURS)], 0.1)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" width="400" height="400">'
        f'<style>{_style(main, light, dark, accent)}</style><defs><pattern id="x" width="10" height="10" '
        f'patternUnits="userSpaceOnUse"><path fill="{main}" d="M0 0h10v10H0z"/><g fill="{on}">{pattern}</g></pattern>'
        f'<linearGradient id="b" x2="0" y2="1"><stop stop-color="{_shade(ground, 0.86)}"/>'
        f'<stop offset="1" stop-color="{_shade(ground, 0.7)}"/></linearGradient></defs>'
        '<path fill="url(#b)" d="M0 0h400v400H0z"/>'
        f'<ellipse cx="200" cy="338" rx="118" ry="13" fill="{dark}" opacity=".13"/>'
        f'<g transform="translate(64 62) scale(2.72)">{_symbols("shapes.svg")[shape(title)]}</g></svg>'
    )


def _style(main: str, light: str, dark: str, accent: str) -> str:
    line = "fill:none;stroke-linecap:round;stroke-linejoin:round"
    return (
        f".p{{fill:url(#x)}}.m{{fill:{main}}}.l{{fill:{light}}}.d{{fill:{dark}}}.a{{fill:{accent};stroke:{dark};"
        f"stroke-width:.6}}.w{{fill:#fffdf8}}.g{{fill:#fff;opacity:.28}}.y{{fill:#f6c549}}.c{{fill:#fff6e3}}"
        f".b{{fill:#dcecf2}}.e{{fill:#6f9f68}}.k{{fill:#a57c52}}.n{{fill:#38413f}}.f{{fill:#f6d9c3}}"
        f".s{{{line};stroke:{dark};stroke-width:2}}.s3{{{line};stroke:{dark};stroke-width:3}}"
        f".s4{{{line};stroke:#6f9f68;stroke-width:3}}.sw{{{line};stroke:#fff;stroke-width:2.5}}"
        f".r{{{line};stroke:{main};stroke-width:6}}.r3{{{line};stroke:{_shade(main, -0.12)};stroke-width:7}}"
        f".q{{{line};stroke:url(#x);stroke-width:18}}.q2{{{line};stroke:url(#x);stroke-width:9}}"
        f".t{{fill:#fffdf8;font:bold 60px Georgia,serif}}"
    )


def _number(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=4).digest())


def _rgb(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue


def _lightness(colour: str) -> float:
    return rgb_to_hls(*_rgb(colour))[1]


def _shade(colour: str, by: float) -> str:
    """Lighter by a share of the way to white, or darker by a share of the way to black."""
    hue, lightness, saturation = rgb_to_hls(*_rgb(colour))
    moved = lightness + (1 - lightness) * by if by > 0 else lightness * (1 + by)
    return "#" + "".join(f"{round(part * 255):02x}" for part in hls_to_rgb(hue, moved, saturation))
