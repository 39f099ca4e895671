"""Checks the way from the outside to a running server, through the proxies in front of it.

It takes as long as a poll is held, some 25 s: only so can it be seen whether something cuts it.
"""

import asyncio
import gzip
import time
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import Any, Final

import msgspec
from tornado.httpclient import HTTPClientError, HTTPResponse

from chat.admin.doctor.finding import Finding, note, ok, problem
from chat.admin.doctor.web import JSON, NoAnswer, Web, timed
from chat.settings.settings import Settings

_AREA: Final = "proxy"
_MOST_OFF_S: Final = 5.0
# A stream's first bytes come at once; what holds them back waits for a full buffer, or the end.
_SOON_S: Final = 5.0
_AT_ONCE_S: Final = 0.5
_FORGED: Final = "203.0.113.77"  # nobody's address (RFC 5737)
# Longer than any server holds a poll (POLL_HOLD_S).
_POLL_TIMEOUT_S: Final = 35.0
_MOST_POLLS: Final = 20


async def check(url: str, settings: Settings) -> list[Finding]:
    """Return what is wrong between here and the server at ``url``."""
    web = Web(url)
    try:
        first = await web.get("/api/me", JSON)
        again = [first] if first.code >= 500 else await _with_cookies(web, first)
    except NoAnswer as error:
        return [_unreachable(url, str(error))]
    if first.code >= 500:
        return [_unreachable(url, f"it answers {first.code}")]
    found = [*_clock(first), *_cookies(first, again)]
    for check_ in (_headers, _compression, _uploads):
        try:
            found += await check_(web, settings)
        except (NoAnswer, OSError) as error:
            found.append(problem(_AREA, f"A request had no answer ({error}).", "See its log."))
    for part in await asyncio.gather(_websocket(web), _events(web), _poll(web)):
        found += part
    return found


def _unreachable(url: str, why: str) -> Finding:
    todo = "Is the server running, and does the proxy know its address? nginx: proxy_pass."
    return problem(_AREA, f"{url} can't be reached: {why}.", todo)


async def _with_cookies(web: Web, first: HTTPResponse) -> list[HTTPResponse]:
    web.keep_cookies(first)
    return [await web.get("/api/me", JSON)]


def _clock(answer: HTTPResponse) -> list[Finding]:
    try:
        theirs = parsedate_to_datetime(answer.headers["Date"]).timestamp()
    except (KeyError, ValueError, TypeError):
        return []
    off = time.time() - theirs
    if abs(off) <= _MOST_OFF_S:
        return []
    which = "ahead of" if off > 0 else "behind"
    what = f"The clock of this machine is {abs(off):.0f} s {which} that of the server or its proxy."
    return [problem("clock", what, "Have both set their clocks: timedatectl set-ntp true")]


def _cookies(first: HTTPResponse, again: list[HTTPResponse]) -> list[Finding]:
    headers = first.headers.get_list("Set-Cookie")
    if not headers and first.code == 401:
        return [note(_AREA, "Guests are not let in, so cookies can't be tried.")]
    if not headers:
        what = "The answer sets no cookie: something on the way removes Set-Cookie."
        return [problem(_AREA, what, "nginx: no proxy_hide_header Set-Cookie, and no proxy_cache.")]
    if first.body != again[0].body:
        what = "A cookie does not come back to the server: each request is another guest's."
        return [problem(_AREA, what, "nginx: no proxy_set_header Cookie; proxy_cookie_path off.")]
    return [ok(_AREA, "Cookies are kept.")]


async def _headers(web: Web, settings: Settings) -> list[Finding]:
    """Check what the server is told of the client, and by whom it lets itself be told."""
    answer = await web.get("/doctor", {**JSON, "X-Forwarded-For": _FORGED})
    plain = await web.get("/doctor", JSON)
    try:
        forged, arrived = (msgspec.json.decode(one.body) for one in (answer, plain))
        declared = bool(arrived["is_proxy_declared"])
    except (msgspec.DecodeError, KeyError, TypeError):
        return [note(_AREA, "The server does not say how requests arrive: an older version?")]
    found = []
    is_named = arrived["has_forwarded_for"] or arrived["has_proxy_header"]
    has_proxy = web.is_secure or "Server" in plain.headers or "Via" in plain.headers
    # Behind a PROXY header it is this machine that may be a declared proxy, by its address.
    is_excused = arrived["has_proxy_header"] and not settings.proxies.is_all
    if forged["address"] == _FORGED and not is_excused:
        what = (
            "Anybody can claim any address: what a client sends as X-Forwarded-For is believed, so "
            "limits and bans can be passed by."
        )
        found.append(problem(_AREA, what, _FORWARDED))
    elif not is_named and (declared or has_proxy):
        what = (
            "The proxy does not say whose a request is (X-Forwarded-For): limits and bans take all "
            "people for one."
        )
        found.append(problem(_AREA, what, _FORWARDED))
    elif arrived["has_forwarded_for"] and not declared:
        what = (
            "The proxy says whose a request is (X-Forwarded-For), and the server does not believe "
            "it: limits and bans take all people for one."
        )
        todo = "Set BEHIND_PROXY to the address of the proxy, as the server sees it."
        found.append(problem(_AREA, what, todo))
    if web.is_secure and not arrived["is_secure"]:
        what = "The server does not know that people come by HTTPS: its cookies are not Secure."
        found.append(problem(_AREA, what, _PROTO))
    if has_proxy and not arrived["has_forwarded_proto"] and not web.is_secure:
        what = "The proxy does not say which scheme clients speak (X-Forwarded-Proto)."
        found.append(problem(_AREA, what, _PROTO))
    return found or [ok(_AREA, f"Requests arrive as those of {arrived['address']}.")]


_FORWARDED: Final = (
    "nginx: proxy_set_header X-Forwarded-For $remote_addr; haproxy: http-request del-header "
    "x-forwarded-for, and option forwardfor. And BEHIND_PROXY for the server; off without a proxy."
)
_PROTO: Final = (
    "nginx: proxy_set_header X-Forwarded-Proto $scheme; haproxy: http-request set-header "
    "X-Forwarded-Proto https if { ssl_fc }. And BEHIND_PROXY for the server."
)


async def _compression(web: Web, settings: Settings) -> list[Finding]:
    answer = await web.get("/doctor", {"Accept": "text/html", "Accept-Encoding": "gzip"})
    encoding = answer.headers.get("Content-Encoding", "")
    body = answer.body
    try:
        if encoding == "gzip":
            body = gzip.decompress(body)
    except (OSError, EOFError) as error:
        what = f"A compressed page arrives broken ({error}): something on the way changes it."
        todo = "nginx: no sub_filter without proxy_set_header Accept-Encoding ''."
        return [problem(_AREA, what, todo)]
    if answer.code == 200 and b"</html>" not in body:
        what = "A page arrives without its end: something on the way cuts or changes it."
        return [problem(_AREA, what, "See the error log of the proxy: its disk may be full.")]
    return [ok(_AREA, f"Pages arrive whole ({encoding or 'not compressed'}).")]


async def _uploads(web: Web, settings: Settings) -> list[Finding]:
    if not settings.has_files:
        return []
    # A byte less than the server itself would refuse by the head alone.
    path, length = "/api/uploads?name=doctor", settings.file_bytes
    head = await web.status_of_announced(path, length, 2.0)
    status, _, rest = head.partition("\r\n")
    if " 413" in status and '"type":"error"' not in rest:
        return [
            problem(
                _AREA,
                f"The proxy refuses uploads of {settings.file_mb} MB, which FILE_MB allows.",
                f"nginx: client_max_body_size {settings.file_mb}m; in location = /api/uploads",
            )
        ]
    return [ok(_AREA, f"Uploads of {settings.file_mb} MB are let through.")]


async def _websocket(web: Web) -> list[Finding]:
    try:
        socket = await web.websocket()
    except HTTPClientError as error:
        if error.code == 403:
            what = "The server refuses the WebSocket of its own page: the proxy changes Host."
            return [
                problem(
                    _AREA,
                    what,
                    "nginx: proxy_set_header Host $http_host; or name the page's origin in "
                    f"TRUSTED_ORIGINS={web.origin}",
                )
            ]
        what = f"WebSockets do not get through ({error.code}); people use slower transports."
        return [problem(_AREA, what, _UPGRADE)]
    except (OSError, ValueError) as error:
        return [problem(_AREA, f"WebSockets do not get through ({error}).", _UPGRADE)]
    try:
        async with asyncio.timeout(_SOON_S):
            message = await socket.read_message()
    except TimeoutError:
        message = None
    finally:
        socket.close()
    if message is None:
        return [problem(_AREA, "A WebSocket opens and carries nothing.", _UPGRADE)]
    return [ok(_AREA, "WebSockets get through.")]


_UPGRADE: Final = (
    "nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header "
    "Connection $parley_connection; as deploy/nginx.conf has it. haproxy: mode http, and no option "
    "httpclose."
)


async def _events(web: Web) -> list[Finding]:
    todo = "nginx: proxy_buffering off; and no proxy_ignore_headers X-Accel-Buffering."
    try:
        async with web.asked("GET", "/events", {"Accept": "text/event-stream"}) as answer:
            async with asyncio.timeout(_SOON_S):
                head = await answer.readuntil(b"\r\n\r\n")
                await answer.readexactly(1)
            if not head.startswith((b"HTTP/1.1 200 ", b"HTTP/1.0 200 ")):
                status = head.split(b"\r\n")[0].decode("latin-1")
                what = f"Event streams are refused: {status}."
                return [problem(_AREA, what, "See the logs of the proxy and of the server.")]
            with suppress(TimeoutError):
                # A proxy that cuts a stream sends what it has held back until then.
                async with asyncio.timeout(_AT_ONCE_S):
                    await answer.read()
                what = "Event streams are held back on the way: they came when they were cut."
                return [problem(_AREA, what, todo)]
        return [ok(_AREA, "Event streams arrive as they are sent.")]
    except TimeoutError:
        return [
            problem(_AREA, "Event streams are held back on the way: nothing came in 5 s.", todo)
        ]
    except EOFError:
        return [problem(_AREA, "Event streams are held back on the way until they are cut.", todo)]
    except (OSError, asyncio.LimitOverrunError) as error:
        return [problem(_AREA, f"Event streams do not arrive: {error}", todo)]


async def _poll(web: Web) -> list[Finding]:
    first, _ = await timed(web.get("/poll", JSON))
    try:
        cursor = msgspec.json.decode(first.body)["cursor"]
    except (AttributeError, msgspec.DecodeError, KeyError, TypeError):
        return [problem(_AREA, "Long polling does not work.", "See the log of the server.")]
    for _ in range(_MOST_POLLS):  # somebody may say something meanwhile
        path = f"/poll?cursor={cursor}"
        answer, took_s = await timed(web.get(path, JSON, timeout_s=_POLL_TIMEOUT_S))
        body = _decoded(answer)
        if body is None:
            how = answer if isinstance(answer, NoAnswer) else f"it was answered {answer.code}"
            return [problem(_AREA, f"A long request was cut after {took_s:.0f} s ({how}).", _CUT)]
        if body["timeout"]:
            return [ok(_AREA, f"Requests can take as long as a poll is held: {took_s:.0f} s.")]
        cursor = body["cursor"]
    return [note(_AREA, "There is too much going on to see whether long requests are cut.")]


_CUT: Final = (
    "nginx: proxy_read_timeout 60s; haproxy: timeout server 60s and timeout client 60s. Where it "
    "can't be changed, set POLL_HOLD_S to less, and HEARTBEAT_S to half of it."
)


def _decoded(answer: HTTPResponse | NoAnswer) -> dict[str, Any] | None:
    """Return the answer to a poll, or None if it is no such answer."""
    if isinstance(answer, NoAnswer) or answer.code != 200:
        return None
    try:
        body = msgspec.json.decode(answer.body)
    except msgspec.DecodeError:
        return None
    is_one = isinstance(body, dict) and {"data", "timeout", "cursor"} <= body.keys()
    return body if is_one else None
