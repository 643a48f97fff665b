"""How the script is put together."""

import gzip
import re

from api.snippet import bundle, snippet
from api.snippet.bundle import join_declarations, order, plain, shrink_css, shrink_js
from api.snippet.names import shorten

BUDGET = 3000
"""Bytes after gzip of everything that a page loads before any popup."""


def test_the_script_fits_its_budget() -> None:
    assert len(gzip.compress(snippet(), 9)) <= BUDGET


def test_every_module_comes_after_those_it_imports() -> None:
    names = order("main.js")
    assert names[-1] == "main.js"
    assert names.index("send.js") < names.index("track.js") < names.index("data_layer.js")
    assert len(names) == len(set(names))


def test_no_two_modules_declare_the_same_name() -> None:
    declared = [name for file in order("main.js") for name in re.findall(r"^(?:const|let) (\w+)", plain(file), re.M)]
    assert sorted(declared) == sorted(set(declared))


def test_nothing_of_modules_and_no_eval_is_left() -> None:
    assert not re.search(r"\b(import|export|eval|innerHTML|document\.write|new Function)\b", bundle())


def test_names_that_others_see_are_kept() -> None:
    files = {
        "a.js": "const total = (price, item) => ({ price, sum: price + item.total });\nconst other = total(1, 2);\n"
    }
    short = "let total = (price, e) => ({ price, sum: price + e.total });\nlet b = total(1, 2);\n"
    assert shorten(files)["a.js"] == short


def test_neighbouring_declarations_become_one() -> None:
    assert join_declarations("let a=1;let b=2;c();let d=3") == "let a=1,b=2;c();let d=3"
    assert join_declarations("let a=()=>{c();let b=1};let d") == "let a=()=>{c();let b=1},d"


def test_strings_are_left_alone() -> None:
    assert shrink_js('f("let a;let b",);\n') == 'f("let a;let b");'


def test_css_loses_only_what_it_does_not_need() -> None:
    assert shrink_css("a {\n  color: red; /* why */\n}\nb, i { margin: 0 auto; }") == "a{color:red}b,i{margin:0 auto}"
