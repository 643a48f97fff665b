"""Names inside the script become short; gzip alone leaves too much of them.

A name is renamed only if it is declared plainly and never names a property in the same scope, so nothing that others
see changes. Names common to all files become capitals; names of one file become lower case, the same in each file.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import chain, product
from string import ascii_letters

TOKEN = re.compile(
    r"""
    (?P<blank>\s+ | //[^\n]* | /\*.*?\*/)
    | (?P<text>"(?:\\.|[^"\\])*" | (?<=[(,=:!&|?{;\n])[ ]*/(?:\\.|[^/\\\n])+/[a-z]* | \d[\w.]*)
    | (?P<name>[A-Za-z_$][\w$]*)
    | (?P<sign>\.\.\. | \?\. | .)
    """,
    re.VERBOSE | re.DOTALL,
)
COMMON = re.compile(r"^(?:export )?(?:const|let) (\w+)", re.MULTILINE)
LOCAL = re.compile(
    r"\b(?:const|let) (\w+)|\b(?:const|let) \[([^\]]+)\] =|\(([\w\s,.\[\]]*)\) =>|\((\w+), \{|\}, (\w+)\) =>"
)
SHORTER = {"true": "!0", "false": "!1", "undefined": "void 0", "const": "let"}

LOCAL_LETTERS = "eatsion"
"""The letters that a script has most anyway: they compress best."""
COMMON_LETTERS = "".join(letter for letter in ascii_letters + "$_" if letter not in LOCAL_LETTERS)

Token = tuple[str, str]


def tokens(source: str) -> list[Token]:
    """The source cut into pairs of kind and text."""
    return [(match.lastgroup or "", match.group()) for match in TOKEN.finditer(source)]


def properties(parts: list[Token]) -> Iterator[str]:
    """Names that name a property: after a dot, or standing in an object's braces."""
    solid = [part for part in parts if part[0] != "blank"]
    edged = [("sign", ""), *solid, ("sign", "")]
    inside: list[str] = []
    for (_, before), (kind, text), (_, after) in zip(edged[:-2], solid, edged[2:], strict=True):
        if kind == "sign" and text in "([{":
            inside.append(text)
        elif kind == "sign" and text in ")]}":
            inside.pop()
        elif kind == "name":
            in_braces = inside[-1:] == ["{"] and before in "{," and after in ",}:="
            if in_braces or before in {".", "?."}:
                yield text


def short_names(letters: str, taken: set[str]) -> Iterator[str]:
    """Short names that are free, the shortest first."""
    pairs = (first + second for first, second in product(letters, repeat=2))
    return (name for name in chain(letters, pairs) if name not in taken)


def renaming(letters: str, wanted: set[str], parts: list[Token]) -> dict[str, str]:
    """Short names for `wanted`, in the order in which they appear."""
    used = dict.fromkeys(text for kind, text in parts if kind == "name")
    long = (name for name in used if name in wanted and len(name) > 1)
    return dict(zip(long, short_names(letters, set(used)), strict=False))


def shorten(files: Mapping[str, str]) -> dict[str, str]:
    """The same files with short names; templates with names in them are not understood, so do without."""
    everything = tokens("\n".join(files.values()))
    common = {name for source in files.values() for name in COMMON.findall(source)}
    known = renaming(COMMON_LETTERS, common - set(properties(everything)), everything)
    short = {}
    for file, source in files.items():
        parts = tokens(source)
        local = {name for found in LOCAL.findall(source) for name in re.findall(r"\w+", " ".join(found))}
        names = renaming(LOCAL_LETTERS, local - common - set(properties(parts)), parts) | known | SHORTER
        short[file] = "".join(names.get(text, text) if kind == "name" else text for kind, text in parts)
    return short
