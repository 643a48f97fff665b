"""How the script is put together."""

import gzip
import re

import pytest

from api.snippet import bundle, popups, snippet
from api.snippet.bundle import POPUPS, SCRIPT, bundle_popups, join_declarations, order, plain, shrink_css, shrink_js
from api.snippet.names import shorten

BUDGET, WITH_POPUPS = 3000, 8000
"""Bytes after gzip: of everything that a page loads before any popup, and of all."""


def test_the_script_fits_its_budget() -> None:
    assert len(gzip.compress(snippet(), 9)) <= BUDGET


def test_the_script_and_the_popup_module_together_fit_theirs() -> None:
    assert len(gzip.compress(snippet(), 9)) + len(gzip.compress(popups(), 9)) <= WITH_POPUPS


def test_every_module_comes_after_those_it_imports() -> None:
    names = order(SCRIPT)
    assert names[-1] == SCRIPT
    assert names.index("send.js") < names.index("track.js") < names.index("data_layer.js")
    assert len(names) == len(set(names))


@pytest.mark.parametrize("entry", [SCRIPT, POPUPS])
def test_no_two_modules_declare_the_same_name(entry: str) -> None:
    declared = [name for file in order(entry) for name in re.findall(r"^(?:const|let) (\w+)", plain(file), re.M)]
    assert sorted(declared) == sorted(set(declared))


@pytest.mark.parametrize("text", [bundle(), bundle_popups()], ids=["script", "popups"])
def test_nothing_of_modules_is_left_nor_what_makes_code_of_text(text: str) -> None:
    assert not re.search(r"\b(import(?!\()|export(?! default)|eval|innerHTML|document\.write|new Function)\b", text)


def test_only_the_script_loads_more() -> None:
    assert bundle().count("import(") == 1
    assert "import(" not in bundle_popups()


def test_what_the_popup_module_shares_with_the_script_is_not_in_it_again() -> None:
    assert "attachShadow" in bundle()
    assert "createElement" in bundle()
    assert "createElement" not in bundle_popups()


@pytest.mark.parametrize("text", ["history", "popstate", "beforeunload", "pushState", "onunload"])
def test_nobody_is_kept_from_leaving(text: str) -> None:
    assert text not in bundle() + bundle_popups()


def test_names_that_others_see_are_kept() -> None:
    source = "const total = (price, item) => ({ price, sum: price + item.total });\nconst other = total(1, 2);\n"
    assert shorten(source) == "let a = (price, a) => ({ price, sum: price + a.total });\nlet s = a(1, 2);\n"


def test_functions_use_the_same_names_again_but_hide_none_that_they_need() -> None:
    source = "const sum = 1;\nconst first = (one) => one + sum;\nconst other = (one) => one;\n"
    assert shorten(source) == "let a = 1;\nlet s = (s) => s + a;\nlet t = (a) => a;\n"


def test_regular_expressions_are_left_alone() -> None:
    source = "const one = 1;\nconst found = (text) => /[({]one\\//.test(text) / one;\n"
    assert shorten(source) == "let a = 1;\nlet s = (s) => /[({]one\\//.test(s) / a;\n"


def test_neighbouring_declarations_become_one() -> None:
    assert join_declarations("let a=1;let b=2;c();let d=3") == "let a=1,b=2;c();let d=3"
    assert join_declarations("let a=()=>{c();let b=1};let d") == "let a=()=>{c();let b=1},d"


def test_strings_are_left_alone() -> None:
    assert shrink_js('f("let a;let b",);\n') == 'f("let a;let b");'


def test_css_loses_only_what_it_does_not_need() -> None:
    assert shrink_css("a {\n  color: red; /* why */\n}\nb, i { margin: 0 auto; }") == "a{color:red}b,i{margin:0 auto}"
