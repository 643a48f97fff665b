"""The catalogue of a synthetic shop as tables under Google Merchant's names, one block after the other."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tests.benchmarks.synthetic.drawing import Ints, uniform
from tests.benchmarks.synthetic.events import DAYS, END, named
from tests.benchmarks.synthetic.world import CATEGORIES_A_DEPARTMENT, World

BLOCK = 1 << 16
"""Items made at once."""
SOLD_OUT, REDUCED, NEW = 0.05, 0.1, 0.02
"""Shares of the items that are sold out, cost a fifth less now, came within the log's time."""
BRANDS_A_CATEGORY = 6
SYLLABLES = ("ba", "de", "fi", "go", "hu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "zu")
QUALITIES = pa.array(
    ["Small", "Large", "Light", "Heavy", "Folding", "Classic", "Modern", "Soft", "Sturdy", "Slim", "Round", "Square"]
)
COLOURS = pa.array(["black", "white", "red", "blue", "green", "grey", "yellow", "brown"])
_STOCK, _SALE, _BRAND, _QUALITY, _COLOUR, _NEW, _DAY = range(10, 17)


def tables(world: World, block: int = BLOCK) -> Iterator[pa.Table]:
    """Every item, `block` at once."""
    for first in range(0, world.items, block):
        yield _table(world, np.arange(first, min(first + block, world.items)))


def word(number: int) -> str:
    """A name of three syllables or more, another one for each number."""
    syllables = []
    while number or len(syllables) < 3:
        number, place = divmod(number, len(SYLLABLES))
        syllables.append(SYLLABLES[place])
    return "".join(reversed(syllables)).capitalize()


def _table(world: World, items: Ints) -> pa.Table:
    ids, price = named("i", items), world.prices[items]
    categories = world.categories[items]
    sale = uniform(world.seed, _SALE, items) < REDUCED
    brand = categories * BRANDS_A_CATEGORY + _drawn(world, _BRAND, items, BRANDS_A_CATEGORY)
    quality = QUALITIES.take(pa.array(_drawn(world, _QUALITY, items, len(QUALITIES))))
    colour = COLOURS.take(pa.array(_drawn(world, _COLOUR, items, len(COLOURS))))
    stock = np.where(uniform(world.seed, _STOCK, items) < SOLD_OUT, "out_of_stock", "in_stock")
    return pa.table(
        {
            "id": ids,
            "title": pc.binary_join_element_wise(quality, _words(world.aisles[items]), "in", colour, ids, " "),
            "brand": _words(brand),
            "product_type": _paths(categories),
            "price": price,
            "sale_price": pa.array(np.round(price * 0.8, 2), mask=~sale),
            "currency": pa.array(["EUR"] * len(items)),
            "availability": pa.array(stock),
            "link": pc.binary_join_element_wise("https://shop.example/products/", ids, ""),
            "image_link": pc.binary_join_element_wise("https://shop.example/pictures/", ids, ".jpg", ""),
            "colour": colour,
            "created_at": _created(world, items),
        }
    )


def _drawn(world: World, salt: int, items: Ints, size: int) -> Ints:
    return (uniform(world.seed, salt, items) * size).astype(np.int64)


def _words(numbers: Ints) -> pa.Array:
    distinct, places = np.unique(numbers, return_inverse=True)
    return pa.array([word(int(number)) for number in distinct]).take(pa.array(places))


def _paths(categories: Ints) -> pa.Array:
    """`Department > Category`."""
    return pc.binary_join_element_wise(_words(categories // CATEGORIES_A_DEPARTMENT), _words(categories), " > ")


def _created(world: World, items: Ints) -> pa.Array:
    """The day each item came: most of them in the year before the log begins, the new ones within it."""
    new, when = uniform(world.seed, _NEW, items) < NEW, uniform(world.seed, _DAY, items)
    days_ago = np.where(new, when * DAYS, DAYS + when * 365).astype(np.int64)
    return pa.array(np.datetime_as_string(np.datetime64(END, "s").astype("datetime64[D]") - days_ago))
