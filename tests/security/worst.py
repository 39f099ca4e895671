"""The most expensive known requests of at most 64 KiB, by what makes them expensive."""

import json
from urllib.parse import quote

from tests.security.endpoints import Endpoint

TOKEN = "0123456789abcdef"

# Parts of texts that may cost more than their length; each is repeated up to 4,000 characters.
PARTS = [
    "a.co ",
    "www.a ",
    "https://a.b/ ",
    "http://",
    "://",
    "a:b ",
    "a@b.c ",
    "mailto:a@b ",
    "a@",
    "@",
    "@ab",
    "@ab ",
    "[",
    "[[",
    "](",
    "[a](",
    "![](",
    "[a](b ",
    "[a]: b\n",
    "[a]\n",
    "[^a]",
    "*a",
    "*a_",
    "*a**",
    "_a",
    "**",
    "a*a_ ",
    "~~a",
    "~a~",
    "> ",
    "> - ",
    "- ",
    "* * ",
    "-\n",
    "1. ",
    "1)",
    "* a\n  ",
    "    a\n",
    "\t",
    "\n",
    "#",
    "# a\n",
    "a\n-\n",
    "=\n",
    "|",
    "|a|\n|-|\n",
    "`",
    "``a` ",
    "```\n",
    "~~~\n",
    "<",
    "<a ",
    "<!--",
    "</",
    "&",
    "&#x41;",
    "&amp;",
    "\\",
    "\\*",
    "'",
    '"',
    "(",
    "()",
    "(c)",
    "...",
    "--",
    "$",
    "a",
    " ",
    "a ",
    "\u0301",
    "a\u0301",
    "\u200d",
    "\u202e",
    "\u200ba",
    "\ufdfa",
    "\u0e33",
    "\U0001f600",
    "\U0001f44d\U0001f3fd",
    "\U0001f1e9\U0001f1ea",
    "\U0001f468\u200d\U0001f469\u200d",
]
TEXTS = [(part * 4000)[:4000] for part in PARTS]

NAMES = [
    "\ufdfa" * 32,
    "\ufdfa" * 128,
    "a" + "\u0301" * 100,
    "a" + "\u0301\u0316" * 60,
    "\u1fb7" * 32,
    "\u0410" * 32,
    "\U0001f468\u200d\U0001f469\u200d\U0001f467" * 6,
    "\u200d" * 128,
    "\u1100\u1161\u11a8" * 40,
    "a" + "\u0301\u0316" * 5000,
]

JSON = [
    "[" * 60_000,
    '{"a":' * 12_000,
    "[" + "0," * 30_000 + "0]",
    "[" + "{}," * 20_000 + "{}]",
    "{" + ",".join(f'"k{n}":0' for n in range(6000)) + "}",
    '{"type":' + "9" * 60_000 + "}",
    '{"type":1e' + "9" * 60_000 + "}",
    '{"type":0.' + "0" * 60_000 + "1}",
    '"' + "\\u0041" * 10_000 + '"',
    '{"type":"' + "\\ud83d\\ude00" * 5000 + '"}',
    '{"id":"' + "x" * 60_000 + '"}',
    json.dumps([{"type": "ping"}] * 100),
    json.dumps([{"type": "react", "emoji": "x" * 32}] * 100),
    json.dumps({"cursor": "general:e:1," * 5000}),
    json.dumps({"can": ["x" * 3000] * 20}),
    json.dumps({"failed": [{"transport": "x" * 500, "reason": "y", "after_ms": 1}] * 100}),
    json.dumps({"session": "x" * 60_000}),
    json.dumps(['{"type":"ping"}'] * 100),
    "\0" * 60_000,
]
FORMS = [
    "a=1&" * 15_000,
    "a=%41" * 12_000,
    "name=" + "%41" * 20_000,
    "cursor=" + "%41" * 20_000,
    "&" * 60_000,
    "=" * 60_000,
    "name=" + "+" * 60_000,
    "%" * 60_000,
    ";" * 60_000,
]
BODIES = [
    *((body, "application/json") for body in JSON),
    *((body, type_) for body in FORMS for type_ in ("application/x-www-form-urlencoded", "")),
    ("--x\r\n" * 10_000 + "--x--", "multipart/form-data; boundary=x"),
]
TAKERS = [
    "/send",
    "/negotiate",
    "/poll?hold_s=0",
    "/api/rooms/general/messages",
    "/login",
    "/sockjs/0/s/xhr_send",
]

QUERIES = [
    "cursor=" + "general:e:1," * 5000,
    "cursor=" + ",".join(f"r{n}:e:1" for n in range(6000)),
    "cursor=" + "%2c" * 20_000,
    "room=" + "a," * 30_000,
    "room=" + ",".join(f"r{n}" for n in range(8000)),
    "&".join(f"a{n}=1" for n in range(6000)),
    "a=%41" * 10_000,
    "hold_s=" + "1" * 60_000,
    "session=" + "x" * 60_000,
    "before=" + "9" * 60_000,
    "limit=200&before=9&" * 3000,
    "%" * 60_000,
    "&" * 60_000,
    "lastEventId=" + "general:e:1," * 5000,
    "lastEventId=general:e:1&" * 2400,
]
ASKED = ["/poll", "/events", "/chat", "/api/rooms/general/messages", "/"]
PATHS = [
    "/" + "a/" * 30_000,
    "/rooms/" + "a" * 60_000,
    "/rooms/" + "%41" * 20_000,
    "/static/" + "../" * 20_000,
    "/static/" + "%00" * 20_000,
    "/rooms/general/" + "9" * 60_000,
    "/sockjs/" + "a/" * 30_000,
    "//" * 30_000,
]

VALUES = [
    "a," * 30_000,
    ", " * 30_000,
    "a=b; " * 12_000,
    '"' * 60_000,
    '\\"' * 30_000,
    ";q=0.1," * 8000,
    "a b" * 20_000,
    "%" * 60_000,
    "(" * 60_000,
    "\xff" * 60_000,
    "::1, " * 12_000,
    "[::1]:1," * 7000,
    "general:e:1," * 5000,
    "bytes=" + "0-1," * 14_000,
    "http://" + "[" * 59_000,
    "Basic " + "QTpC" * 15_000,
]
HEADERS = [
    ("/", "Cookie"),
    ("/", "Accept-Encoding"),
    ("/", "If-None-Match"),
    ("/", "Via"),
    ("/", "Origin"),
    ("/", "Authorization"),
    ("/", "Content-Type"),
    ("/", "Accept"),
    ("/", "X-Forwarded-For"),
    ("/", "X-Forwarded-Proto"),
    ("/", "X-Request-Id"),
    ("/", "Connection"),
    ("/events", "Last-Event-ID"),
    ("/chat", "Connection"),
    ("/chat", "Sec-WebSocket-Key"),
    ("/static/css/base.css", "Accept-Encoding"),
    ("/static/css/base.css", "If-None-Match"),
    ("/static/css/base.css", "Range"),
    ("/static/css/base.css", "If-Range"),
    ("/static/css/base.css", "If-Modified-Since"),
]


def post(path: str, body: str, *lines: str) -> bytes:
    return Endpoint("POST", path).with_body(body.encode("utf-8", "surrogatepass"), *lines)


def get(path: str, *lines: str) -> bytes:
    return Endpoint("GET", path).head(*lines)


def command(**fields: object) -> bytes:
    return post("/send", json.dumps(fields, ensure_ascii=False))


KINDS: dict[str, list[bytes]] = {
    "names": [post("/login", f"name={quote(name)}") for name in NAMES],
    "texts": [
        command(type="send", room="general", text=text, key=str(number))
        for number, text in enumerate(TEXTS)
    ],
    "edits": [command(type="edit", room="general", offset=1, text=text) for text in TEXTS[::8]],
    "reactions": [
        command(type="react", room="general", offset=1, emoji=emoji, on=True)
        for emoji in ("x" * 32, "\u200d" * 32, "\U0001f468\u200d" * 16, "\U0001f44d")
    ],
    "bodies": [
        post(path, body, f"Content-Type: {type_}") for path in TAKERS for body, type_ in BODIES
    ],
    "queries": [get(f"{path}?{query}") for path in ASKED for query in QUERIES],
    "paths": [get(path) for path in PATHS],
    "headers": [get(path, f"{name}: {value}") for path, name in HEADERS for value in VALUES],
    "many headers": [
        get("/", *(f"X-{number}: {'a' * 600}" for number in range(90))),
        get("/", *(f"Cookie: {'a=b; ' * 120}" for _ in range(90))),
    ],
    "pages": [
        get(path, *lines)
        for path in (
            "/",
            "/rooms/general/20",
            "/doctor",
            "/api/rooms",
            "/metrics",
            "/openapi.json",
            "/api/rooms/general/messages?limit=200",
            "/poll?hello=1&hold_s=0",
        )
        for lines in ((), ("Accept-Encoding: gzip", "Sec-Fetch-Site: none"))
    ]
    + [get("/admin", f"Authorization: Bearer {TOKEN}")],
}
