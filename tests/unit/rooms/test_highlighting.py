"""Code gets its colours, and no code takes long."""

import re
import time
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.rooms.highlighting import CLASSES, LANGUAGES, MAX_CHARACTERS, MAX_PARTS, highlight


@pytest.mark.parametrize(
    "language,code,part",
    [
        ("python", "def f(): pass\n", '<span class="k">def </span><span class="f">f</span>'),
        ("Python", "# a\n", '<span class="c"># a\n</span>'),
        ("js", 'let a = "b"\n', '<span class="s">"b"\n</span>'),
        ("diff", "-a\n+b\n", '<span class="d">-a\n</span><span class="i">+b\n</span>'),
        ("php", "return 1;\n", '<span class="k">return </span>'),
        ("yml", "a: 1\n", '<span class="k">a</span>'),
        ("c", "int f(void) {}\n", '<span class="t">int </span><span class="f">f</span>('),
        ("c++", "// a\n", '<span class="c">// a\n</span>'),
        (
            "java",
            "@Override public",
            '<span class="f">@Override </span><span class="k">public</span>',
        ),
        ("html", "<b>&amp;</b>", '&lt;<span class="k">b</span>&gt;'),
    ],
)
def test_parts_of_code_have_classes(language: str, code: str, part: str) -> None:
    assert part in (highlight(code, language) or "")


def test_code_in_no_language_that_is_known_is_left_as_it_is() -> None:
    assert highlight("a", "klingon") is None
    assert highlight("a", "") is None


def test_code_that_is_too_long_or_has_too_many_parts_is_left_as_it_is() -> None:
    assert highlight("1" * MAX_CHARACTERS, "python") is not None
    assert highlight("1" * (MAX_CHARACTERS + 1), "python") is None
    assert highlight("1 a " * (MAX_PARTS // 2), "json") is not None
    assert highlight("1+" * (MAX_PARTS // 2 + 1), "python") is None


@given(st.sampled_from(sorted(LANGUAGES)), st.text(max_size=60))
def test_whatever_the_code_is_all_of_it_is_shown_and_nothing_else(language: str, code: str) -> None:
    html = highlight(code, language)
    if html is None:
        return
    kinds = "".join(sorted(set(CLASSES.values())))
    assert unescape(re.sub(f'<span class="[{kinds}]">|</span>', "", html)) == unescape(
        code.replace("&", "&amp;")
    )
    assert "<" not in re.sub(f'<span class="[{kinds}]">|</span>', "", html)


_HOSTILE = (
    *"\"'`/\\#$<{([*&=.\na0 ",
    '\\"', "\\'", "/*", "//a\n", "<!--", "${", "#{", "a ", "a(", "@a", "<a ", ".$", "-a", "\n ",
    "\na", "a b\n", "{\\e",
)  # fmt: skip


def _cpu_s(code: str, language: str) -> float:
    began = time.process_time()
    highlight(code, language)
    return time.process_time() - began


@pytest.mark.parametrize("language", sorted({*LANGUAGES} & {
    "bash", "c", "clojure", "css", "dart", "diff", "docker", "elixir", "erlang", "go",
    "graphql", "haskell", "html", "http", "javascript", "json", "kotlin", "lua", "nginx",
    "perl", "php", "powershell", "protobuf", "python", "ruby", "rust", "scala", "scss", "sql",
    "swift", "toml", "typescript", "xml", "yaml", "zig",
}))  # fmt: skip
def test_no_code_takes_much_longer_than_usual_code_of_the_same_length(language: str) -> None:
    usual = ("def f(a):\n    return a + 1  # b\n" * MAX_CHARACTERS)[: MAX_CHARACTERS - 1] + "\n"
    _cpu_s(usual, language)
    usual_s = min(_cpu_s(usual, "python") for _ in range(3))
    for piece in _HOSTILE:
        code = (piece * MAX_CHARACTERS)[: MAX_CHARACTERS - 1] + "\n"
        # What grows with the cube of the length takes a hundred times as long.
        assert any(_cpu_s(code, language) < 30 * usual_s for _ in range(3)), piece
