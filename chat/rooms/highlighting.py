"""Marks the parts of source code by classes that the page has colours for. Pure.

Each costs time and bytes, so what is marked is bounded: languages by name only, none is guessed;
code up to a length; and as many parts as a page can take.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from html import escape
from typing import Final

from pygments.lexer import Lexer
from pygments.lexers import find_lexer_class, get_all_lexers
from pygments.token import Comment, Generic, Keyword, Name, Number, String, _TokenType

from chat.rooms.c_lexer import CLexer

# The time of some lexers grows with the square of the length: see decision 0042.
MAX_CHARACTERS: Final = 2000
# Each is 25 bytes of HTML and an element of the page.
MAX_PARTS: Final = 600

# Those in wide use whose lexers survive hostile text, by one of their names: see decision 0042.
_LANGUAGES: Final = """
    bash clojure css dart diff docker elixir erlang go graphql haskell html http javascript
    json kotlin lua nginx perl php powershell protobuf python ruby rust scala scss sql swift
    toml typescript xml yaml zig
""".split()
_MORE_NAMES: Final = {"htm": "html", "jsx": "javascript", "tsx": "typescript", "yml": "yaml"}
_OF_C: Final = ("c", "h", "c++", "cpp", "hpp", "cc", "c#", "cs", "csharp", "java")

# A part is of the nearest kind above its own; what has none here looks like all other code.
CLASSES: Final = {
    Comment: "c",
    Generic.Deleted: "d",
    Generic.Inserted: "i",
    Generic.Heading: "f",
    Generic.Subheading: "f",
    Generic.Prompt: "c",
    Keyword: "k",
    Keyword.Type: "t",
    Name.Attribute: "f",
    Name.Builtin: "t",
    Name.Class: "f",
    Name.Constant: "n",
    Name.Decorator: "f",
    Name.Function: "f",
    Name.Tag: "k",
    Name.Variable: "v",
    Number: "n",
    String: "s",
}


def _find_lexers() -> Iterator[tuple[str, Callable[[], Lexer]]]:
    """Yield each name of a language with a function that makes its lexer, which loads it."""
    for lexer, aliases, _, _ in get_all_lexers(plugins=False):
        if not set(_LANGUAGES).isdisjoint(aliases):
            # PHP is shown without its opening tag more often than with it.
            options = {"startinline": True} if "php" in aliases else {}
            make = partial(_make, lexer, options)
            yield from ((alias, make) for alias in aliases)
    yield from ((name, CLexer) for name in _OF_C)


def _make(lexer: str, options: dict[str, bool]) -> Lexer:
    return find_lexer_class(lexer)(**options)


_LEXERS: Final = dict(_find_lexers())
_LEXERS.update({name: _LEXERS[other] for name, other in _MORE_NAMES.items()})
LANGUAGES: Final = frozenset(_LEXERS)


def highlight(code: str, language: str) -> str | None:
    """Return ``code`` as HTML with its parts in spans, or None if it is better left as it is."""
    language = language.lower()
    if language not in LANGUAGES or len(code) > MAX_CHARACTERS:
        return None
    try:
        parts = list(_parts(code, _lexer(language)))
    except Exception:  # whatever a lexer of another project may raise: code is shown in any case
        return None
    if len(parts) > MAX_PARTS or "".join(text for _, text in parts) != code:
        return None
    return "".join(
        f'<span class="{kind}">{escape(text, quote=False)}</span>'
        if kind
        else escape(text, quote=False)
        for kind, text in parts
    )


@cache
def _lexer(language: str) -> Lexer:
    return _LEXERS[language]()


@cache
def _class_of(kind: _TokenType) -> str:
    above: _TokenType | None = kind
    while above is not None and above not in CLASSES:
        above = above.parent
    return CLASSES[above] if above is not None else ""


def _parts(code: str, lexer: Lexer) -> Iterator[tuple[str, str]]:
    """Yield the class and text of each part; neighbours of one class are one part."""
    last, text = "", ""
    tokens: Iterable[tuple[int, _TokenType, str]] = lexer.get_tokens_unprocessed(code)
    for _, token, value in tokens:
        # White space belongs to what is before it.
        kind = last if value.isspace() else _class_of(token)
        if kind == last:
            text += value
            continue
        if text:
            yield last, text
        last, text = kind, value
    if text:
        yield last, text
