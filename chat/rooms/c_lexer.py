"""A lexer for C, C++, C# and Java, in linear time. Pure.

Pygments' own look for the heads of functions over lines, in a time that grows with the cube of the
length: see decision 0042. This one marks words by themselves.
"""

from typing import Any, Final

from pygments.lexer import RegexLexer, words
from pygments.token import Comment, Keyword, Name, Number, String, Text

_KEYWORDS: Final = """
    abstract alignas alignof as asm assert async auto await break case catch class co_await
    co_return co_yield concept const const_cast consteval constexpr constinit continue decltype
    default delegate delete do dynamic_cast else enum event explicit export extends extern final
    finally for foreach friend get goto if implements import in init inline instanceof interface
    internal is lock nameof namespace native new noexcept operator out override package params
    partial permits private protected public readonly record ref register reinterpret_cast
    requires restrict return sealed set sizeof static static_assert static_cast strictfp struct
    super switch synchronized template this thread_local throw throws transient try typedef
    typeid typename union unsafe using value virtual volatile when where while yield
""".split()
_TYPES: Final = """
    bool boolean byte char char16_t char32_t char8_t decimal double dynamic float int int16_t
    int32_t int64_t int8_t long object sbyte short signed size_t ssize_t string uint uint16_t
    uint32_t uint64_t uint8_t ulong unsigned ushort var void wchar_t
""".split()
_CONSTANTS: Final = ["false", "null", "nullptr", "true", "NULL"]


class CLexer(RegexLexer):  # type: ignore[misc]
    name = "C, C++, C# and Java"

    # No pattern gives back what it has matched, and none looks further than to the end of its own.
    tokens: dict[str, list[Any]] = {
        "root": [
            (r"\s++", Text),
            (r"//[^\n]*+", Comment),
            (r"/\*(?:[^*]|\*(?!/))*+(?:\*/)?", Comment),
            (r"\#[ \t]*+[a-z]++", Keyword),
            (r'"(?:[^"\\\n]|\\.)*+"?', String),
            (r"'(?:[^'\\\n]|\\.)*+'?", String),
            (r"@[A-Za-z_][\w.]*+", Name.Decorator),
            (r"[0-9](?:[eEpP][+-]|[\w.']){0,40}+", Number),
            (words(_KEYWORDS, suffix=r"\b"), Keyword),
            (words(_TYPES, suffix=r"\b"), Keyword.Type),
            (words(_CONSTANTS, suffix=r"\b"), Name.Constant),
            (r"[^\W\d]\w*+(?=[ \t]{0,8}\()", Name.Function),
            (r"[^\W\d]\w*+", Name),
            (r"[^\w\s]", Text),
            (r".", Text),
        ]
    }
