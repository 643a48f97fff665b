"""Many small ES modules become one script, without Node."""

import json
import re
from functools import cache
from pathlib import Path

from rjsmin import jsmin

from api.snippet.names import shorten

HERE = Path(__file__).parent
IMPORT = re.compile(r'^import (?:\{[^}]*\}|\w+) from "\./([\w.]+)";\n', re.MULTILINE)
PIECE = re.compile(r'("(?:\\.|[^"\\])*"|\blet\b ?|[;{}()])')
EXPORT = re.compile(r"^export ", re.MULTILINE)


def read(name: str) -> str:
    """One of the files beside this one."""
    return (HERE / name).read_text(encoding="utf-8")


def order(name: str, found: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The files that `name` needs, itself last, each once and after those it imports."""
    if name in found:
        return found
    for needed in IMPORT.findall(read(name)):
        found = order(needed, found)
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
    text = join_declarations(re.sub(r"[;\s]+}", "}", str(jsmin(text))))
    text = re.sub(r",([)\]}])", r"\1", text)
    return re.sub(r"(?<!async)\((\w+)\)=>", r"\1=>", text)


def plain(name: str) -> str:
    """One file as statements of the common scope; a style sheet becomes the constant of its name."""
    if name.endswith(".css"):
        return f"const {name.removesuffix('.css')}Css = {json.dumps(shrink_css(read(name)))};\n"
    return EXPORT.sub("", IMPORT.sub("", read(name)))


def bundle(entry: str = "main.js") -> str:
    """All modules in one function scope."""
    files = {name: plain(name) for name in order(entry)}
    return f"(()=>{{{''.join(shorten(files).values())}}})();\n"


@cache
def snippet() -> bytes:
    """What `/vitrine.js` answers: the whole script, minified."""
    return shrink_js(bundle()).encode()
