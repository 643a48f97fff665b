"""Titles as a shop would print them, from the capitals and abbreviations of its till."""

import re

SMALL = frozenset({
    "a", "an", "and", "at", "by", "de", "des", "du", "en", "et", "for", "from", "in", "la", "le", "les", "of", "on",
    "or", "the", "to", "with",
})  # fmt: skip
"""Words that begin small, except at the front."""

CAPITALS = frozenset({
    "3D", "A4", "A5", "A6", "A7", "ABC", "BBQ", "CD", "DVD", "II", "LED", "TV", "UK", "USA", "USB", "VIP", "WC",
})  # fmt: skip

MEANINGS = {
    "ANT": "Antique",
    "ASS": "Assorted",
    "ASST": "Assorted",
    "ASSTD": "Assorted",
    "B'DRAW": "Bedside Drawer",
    "B'FLY": "Butterfly",
    "BLK": "Black",
    "BRACLET": "Bracelet",
    "C/COVER": "Cushion Cover",
    "CAND": "Candle",
    "CANDL": "Candle",
    "CHILDRENS": "Children's",
    "CHILDS": "Child's",
    "COL": "Colour",
    "D'AZURE": "d'Azure",
    "DES": "Design",
    "DOTCOMGIFTSHOP.COM": "dotcomgiftshop.com",
    "FLOWE": "Flower",
    "FUSCHIA": "Fuchsia",
    "GARLD": "Garland",
    "LT": "Light",
    "M/COLOUR": "Multicolour",
    "MED": "Medium",
    "MOP": "Mother-of-Pearl",
    "NAT": "Natural",
    "NECKL": "Necklace",
    "NECKLAC": "Necklace",
    "P'WEIGHT": "Paperweight",
    "POLKADOT": "Polka Dot",
    "POLKADOTS": "Polka Dots",
    "RND": "Round",
    "SIL'T": "Silhouette",
    "SQU": "Square",
    "TURQ": "Turquoise",
    "TURQUOIS": "Turquoise",
    "VINT": "Vintage",
    "W": "with",
    "W/CHIME": "with Chime",
    "W/KNIF": "with Knife",
    "W/SUCK": "with Sucker",
    "WHIT": "White",
    "WHT": "White",
}
"""What the till's abbreviations stand for."""

_REPAIRS = (
    (re.compile(r"\bM\.O\.P\b"), "MOP"),
    (re.compile(r"(?<=[A-Z])(?=\()|(?<=[A-Z])(?=\"[A-Z])"), " "),
    (re.compile(r"(?<=[A-Z]{3})\.(?=\s)"), ""),
    (re.compile(r"\b(SET|PACK|BOX)\s?/\s?(\d+)\b", re.IGNORECASE), r"\1 OF \2"),
    (re.compile(r"\bS/(\d+)\b"), r"SET OF \1"),
    (re.compile(r"\bSET(\d+)\b"), r"SET OF \1"),
    (re.compile(r"\bOF(\d+)\b"), r"OF \1"),
    (re.compile(r"\bNECKL\.?(\d+\")"), r"NECKLACE \1 "),
    (re.compile(r"(\d+\")NECKL\.?"), r"\1 NECKLACE"),
    (re.compile(r"\b(\d+)\s?PC\b"), r"\1 PIECE"),
    (re.compile(r"\b(\d+)LIGHT\b"), r"\1 LIGHT"),
    (re.compile(r"\bLT\."), "LIGHT "),
    (re.compile(r"\bART DEC\b"), "ART DECO"),
    (re.compile(r"\bDEC$"), "DECORATION"),
    (re.compile(r"\bDECO\."), "DECO "),
    (re.compile(r"(?<=[A-Z])\s?\+\s?(?=[A-Z\"])"), " & "),
    (re.compile(r"\s*,\s*"), ", "),
    (re.compile(r"\s+No\s*$"), ""),
    (re.compile(r"\s+"), " "),
)
_MEASURE = re.compile(r"\d+(\.\d+)?(CM)?(X\d+(\.\d+)?)?(CM|MM|G|KG|ML|L)", re.IGNORECASE)
_CODE = re.compile(r"\"?[A-Z]\"?,?|\d+[A-Z]", re.IGNORECASE)
"""A single letter that is quoted or in a list, or a number with one: never a word."""
_PART = re.compile(r"[^\W_]+(?:'[^\W_]+)?|[\W_]+")


def title(description: str) -> str:
    """The description in natural capitals, with the till's abbreviations written out."""
    text = description.strip(" .,*-+/")
    for pattern, better in _REPAIRS:
        text = pattern.sub(better, text)
    words = [_word(word) for word in text.strip(" .,*-+/").split(" ")]
    natural = " ".join(words)
    return natural[:1].upper() + natural[1:]


def _word(word: str) -> str:
    bare = word.strip('",.()')
    if bare.upper() in CAPITALS or (word != bare and _CODE.fullmatch(word)):
        return word.upper()
    if _MEASURE.fullmatch(bare):
        return word.lower()
    if bare in MEANINGS:
        return word.replace(bare, MEANINGS[bare])
    if bare.lower() in SMALL:
        return word.lower()
    if bare != bare.upper() and not bare[:2].isupper():
        return word[:1].upper() + word[1:]
    return "".join(MEANINGS.get(part) or part.capitalize() for part in _PART.findall(word))
