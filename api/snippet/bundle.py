"""Many small ES modules become one script, without Node."""

import json
import os
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from rjsmin import jsmin

from api.snippet.names import shorten

HERE = Path(__file__).parent
SCRIPT, POPUPS = "main.js", "popups/main.js"
"""What every page loads, and what only a page with campaigns loads after it."""
IMPORT = re.compile(r'^import (?:\{[^}]*\}|\w+) from "(\.[\w./]+)";\n', re.MULTILINE)
SHARED = re.compile(r"module\.default\(([^)]*)\)")
PIECE = re.compile(r'("(?:\\.|[^"\\])*"|\blet\b ?|[;{}()])')
EXPORT = re.compile(r"^export ", re.MULTILINE)
EXPORTED = re.compile(r"^export const (\w+)", re.MULTILINE)


def read(name: str) -> str:
    """One of the files beside this one."""
    return (HERE / name).read_text(encoding="utf-8")


def order(name: str, found: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The files that `name` needs, itself last, each once and after those it imports; the largest first packs best."""
    if name in found:
        return found
    needed = (os.path.normpath(Path(name).parent / path) for path in IMPORT.findall(read(name)))
    for path in sorted(needed, key=lambda path: -len(plain(path))):
        found = order(path, found)
    return (*found, name)


def shrink_css(text: str) -> str:
    """Style rules without comments and needless spaces."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    return re.sub(r"\s*([{};:,])\s*", r"\1", text.strip()).replace(";}", "}")


def join_declarations(text: str) -> str:
    """Neighbouring declarations as one: `let a=1;let b=2` becomes `let a=1,b=2`."""
    joined, declaring = "", [False]
    for piece in filter(None, PIECE.split(text)):
        if piece.startswith("let") and declaring[-1] and joined.endswith(";"):
            joined = joined[:-1] + ","
            continue
        if piece.startswith("let"):
            declaring[-1] = True
        elif joined.endswith(";"):
            declaring[-1] = False
        if piece in {"{", "("}:
            declaring.append(False)
        elif piece in {"}", ")"}:
            declaring.pop()
        joined += piece
    return joined


def shrink_js(text: str) -> str:
    """The script without comments, spaces, and the signs that a formatter likes and a browser does not need."""
    text = join_declarations(re.sub(r"[;\s]+}", "}", str(jsmin(text)).replace("\n", "")))
    text = re.sub(r",([)\]}])", r"\1", text)
    text = re.sub(r"([!=]=)=(?=\")", r"\1", text)
    text = re.sub(r"(new \w+)\(\)(?!\.)", r"\1", text)
    return re.sub(r"(?<!async)\((\w+)\)=>", r"\1=>", text)


def plain(name: str) -> str:
    """One file as statements of the common scope; a style sheet becomes the constant of its name."""
    if name.endswith(".css"):
        return f"const {Path(name).stem}Css = {json.dumps(shrink_css(read(name)))};\n"
    return EXPORT.sub("", IMPORT.sub("", read(name)))


def _joined(names: Iterable[str]) -> str:
    """The files as one script, style sheets first: like beside like compresses best."""
    return "".join(plain(name) for name in sorted(names, key=lambda name: not name.endswith(".css")))


def bundle() -> str:
    """All modules of the script in one scope of their own."""
    return shorten(f"{{{_joined(order(SCRIPT))}}}")


def bundle_popups() -> str:
    """The modules that only popups need, as a function that is made once of what they share with the script."""
    shared = re.findall(r"\w+", " ".join(SHARED.findall(read("popups.js"))))[1:]
    given = tuple(name for name in order(SCRIPT) if set(EXPORTED.findall(read(name))) & set(shared))
    own = _joined(order(POPUPS, given)[len(given) :])
    made = f"(({', '.join(shared)}) => {{{own} return use; }})"
    return shorten(f"let kept; export default (given, ...shared) => (kept ||= {made}(...shared))(given);")


@cache
def snippet() -> bytes:
    """What `/vitrine.js` answers: the whole script, minified."""
    return shrink_js(bundle()).encode()


@cache
def popups() -> bytes:
    """What `/vitrine-popups.js` answers: a module, minified."""
    return shrink_js(bundle_popups()).encode()
