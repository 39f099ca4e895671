"""Texts that are meant to harm a page, its neighbours, or whoever reads them."""

from typing import Final

LIMIT: Final = 4000  # characters of a message

_RUNS: Final = (
    "<script>window.ran = 1</script>",
    "<img src=x onerror='window.ran = 1'>",
    "<svg/onload=window.ran=1>",
    "<svg><animate onbegin=window.ran=1 attributeName=x dur=1s>",
    "<iframe srcdoc='<script>parent.ran = 1</script>'></iframe>",
    "<object data='data:text/html,<script>parent.ran=1</script>'></object>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=window.ran=1>",
    "<noscript><p title='</noscript><img src=x onerror=window.ran=1>'>",
    "<style>* { display: none !important }</style>",
    "<link rel=stylesheet href=//evil.example/a.css><base href=//evil.example/>",
    "<meta http-equiv=refresh content='0;url=//evil.example/'>",
    "<form action=//evil.example><button>Sign in</button></form>",
    "<div style='position: fixed; inset: 0; z-index: 99'>over all</div>",
    "<a href='javascript:window.ran=1' autofocus onfocus='window.ran=1'>x</a>",
    "<details open ontoggle=window.ran=1>x</details>",
    '"><script>window.ran = 1</script>',
    "{{ 7 * 7 }} ${window.ran = 1} <%= 1 %>",
    "&lt;script&gt;window.ran = 1&lt;/script&gt;",
    "</li></ol></main><script>window.ran = 1</script>",
    "]]><script>window.ran = 1</script><![CDATA[",
    "<!--><script>window.ran = 1</script>-->",
    "[x](javascript:window.ran=1) [x](JaVaScRiPt:window.ran=1) [x](&#106;avascript:window.ran=1)",
    "[x](data:text/html,<script>window.ran=1</script>) [x](vbscript:x) <javascript:window.ran=1>",
    "![x](https://evil.example/pixel.png) ![x](x 'onerror=window.ran=1')",
    "[x](https://a.example \"' onmouseover='window.ran=1\")",
    "https://a.example/'onmouseover='window.ran=1",
    'https://a.example/"onmouseover="window.ran=1',
)


def _whole(piece: str) -> str:
    return (piece * LIMIT)[:LIMIT]


def _table(columns: int, rows: int, cell: str = "a") -> str:
    row = f"|{cell}" * columns
    return "\n".join([row, "|-" * columns, *[row] * rows])[:LIMIT]


HOSTILE: Final = (
    # Scripts: by themselves, in every kind of block, and as the language of code
    "\n".join(_RUNS),
    "\n\n".join(f"> {run}" for run in _RUNS),
    "\n".join(f"- [x] {run}" for run in _RUNS),
    "| a |\n|---|\n" + "\n".join(f"| {run.replace('|', '')} |" for run in _RUNS),
    "```html\n" + "\n".join(_RUNS[:12]) + "\n```",
    "\n".join(f"```{run.split()[0]}\na\n```" for run in _RUNS),
    "`" + "` `".join(_RUNS) + "`",
    "**" + "** *".join(_RUNS) + "*",
    # Links
    " ".join(f"https://a.example/{n}" for n in range(180)),
    "https://a.example/" + "a" * 3900,
    "https://" + "a." * 120 + "example/" + "?" * 3000,
    "[" + "W" * 3900 + "](https://a.example)",
    " ".join(f"#room-{n}" for n in range(400)),
    "[https://bank.example](https://evil.example) https://bank.example@evil.example",
    # Bidirectional controls: overrides and isolates that never end
    "\u202e" + "right to left " * 280,
    _whole("\u202e\u202d\u2066\u2067\u2068 abc "),
    "\u2067" * 2000 + "abc" + "\u202e" * 1000,
    _whole("שלום hello مرحبا "),
    _whole("\u200f\u200e"  "a"),
    # Giant words, and lines without a place to break
    _whole("W"),
    _whole("漢"),
    _whole("a\u2060"),
    _whole("a\u00a0"),
    _whole("\u200d\U0001f468"),
    _whole("\U0001f3f4\U000e0067\U000e0062"),
    _whole("\ufdfd"),
    _whole("\U0001242b"),
    _whole("-\u2011"),
    _whole("/"),
    # Marks heaped on letters, above and below, enclosing, and wide
    "a" + "\u0301" * 3900,
    "Z" + "\u0316\u0301\u0489" * 1300,
    "".join(letter + "\u0353\u035c\u0361\u0489\u20dd" * 8 for letter in "he comes" * 12),
    _whole("\u0e01\u0e47\u0e47\u0e47\u0e47\u0e47"),
    _whole("\u0f40\u0f71\u0f72\u0f7a\u0f7c"),
    _whole("\u1100\u1161\u11a8\u1161"),
    _whole("o\u20dd\u20e4"),
    # Lines, of every kind
    "a" + "\n" * 3990 + "b",
    _whole("a\n"),
    _whole("a\n\n"),
    _whole("a\u2028"),
    _whole("a\u2029"),
    _whole("a\x0b\x0c\x85"),
    _whole("a\t"),
    "a" + " " * 3990 + "b",
    # Tables
    _table(1000, 0),
    _table(240, 0),
    _table(20, 20),
    _table(2, 3, "W" * 600),
    _table(3, 100),
    "\n".join("> " * 8 + line for line in _table(5, 20).split("\n")),
    # Quotes and lists as deep as they go
    "> " * 1900 + "deep",
    ">" * 19 + " deep",
    "".join("  " * depth + "- " + "item\n" for depth in range(60)),
    "".join("> " * depth + "a\n" for depth in range(80))[:LIMIT],
    "- " * 18 + "deep",
    "1. > - " * 6 + "W" * 300,
    "999999999. a\n",
    # Code
    "```\n" + "\n" * 3990 + "\n```",
    "```\n" + "a\n" * 1100 + "```",
    "```python\n" + "x = 1\n" * 320 + "```",
    "```js\n" + "W" * 3900 + "\n```",
    "`" + "W" * 3900 + "`",
    "```" + "W" * 20 + "\n" + "\u202e" * 100 + "abc\n```",
    "~~~ " + "`" * 3000,
    # Large emoji
    "\U0001f469\U0001f3fd\u200d\u2764\ufe0f\u200d\U0001f48b\u200d\U0001f468\U0001f3ff" * 6,
    "\u2764\ufe0f" + " " * 3000 + "\u2764\ufe0f",
)  # fmt: skip
