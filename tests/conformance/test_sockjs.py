"""SockJS protocol 0.3.3

https://sockjs.github.io/sockjs-protocol/sockjs-protocol-0.3.3.html, test by test. Features for
other sites (CORS, iframe, htmlfile, JSONP) and JSESSIONID are refused on purpose:
docs/transports.md. All differences are in docs/conformance.md.
"""

import asyncio
import json
from typing import Any

import pytest

from chat.application import Server
from chat.protocol import codes
from tests.support.client import Client
from tests.support.frames import BINARY, CLOSE, TEXT, frame_socket
from tests.support.wire import WAIT_S

pytestmark = pytest.mark.gen_test(timeout=2 * WAIT_S)

PING = json.dumps(json.dumps({"type": "ping", "id": 1}))
# "Killers" in SockJS's own tests: browsers, proxies or JSON parsers lose some of these.
KILLERS = "".join(
    map(chr, [0, 0x1F, 0x22, 0x5C, 0x7F, 0x9F, 0xAD, 0x600, 0x604, 0x70F, 0x17B4, 0x17B5])
) + "".join(map(chr, [0x200C, 0x200F, 0x2028, 0x202F, 0x2060, 0x206F, 0xFEFF, 0xFFF0, 0xFFFF]))


async def until_pong(client: Client, session: str = "s") -> None:
    while True:
        answer = await client.post(f"/sockjs/0/{session}/xhr")
        assert answer.body[:1] == b"a"
        if any(json.loads(message) == {"type": "pong", "id": 1} for message in frame(answer.body)):
            return


def frame(body: bytes) -> Any:
    """Return the array in a frame."""
    assert body.endswith(b"\n")
    return json.loads(body[1:])


# Greeting and info


@pytest.mark.parametrize("path", ["/sockjs", "/sockjs/"])
async def test_the_base_address_greets(http_server: Server, base_url: str, path: str) -> None:
    async with Client(base_url) as client:
        answer = await client.get(path)
        assert (answer.code, answer.body) == (200, b"Welcome to SockJS!\n")
        assert answer.headers["Content-Type"] == "text/plain; charset=UTF-8"
        assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "path", ["/a", "/a.html", "//", "///", "/a/a", "/a/a/", "/a/", "/iframe.html", "/iframe-1.html"]
)
async def test_what_is_no_address_is_not_found(
    http_server: Server, base_url: str, path: str
) -> None:
    async with Client(base_url) as client:
        assert (await client.get("/sockjs" + path)).code == 404


async def test_info_says_what_there_is_anew_each_time(http_server: Server, base_url: str) -> None:
    async with Client(base_url) as client:
        answers = [await client.get("/sockjs/info") for _ in range(2)]
        infos = [json.loads(answer.body) for answer in answers]
        assert answers[0].headers["Content-Type"].startswith("application/json")
        assert "no-store" in answers[0].headers["Cache-Control"]
        assert "Last-Modified" not in answers[0].headers
        assert infos[0].keys() == {"websocket", "cookie_needed", "origins", "entropy"}
        assert (infos[0]["websocket"], infos[0]["cookie_needed"]) == (True, True)
        assert infos[0]["origins"] == ["*:*"]
        assert infos[0]["entropy"] != infos[1]["entropy"]


# Session addresses


@pytest.mark.parametrize("names", ["/a/a", "/_/_", "/1/1", "/abcdefgh_i-j%20/abcdefgh_i-j%20"])
async def test_any_names_will_do(http_server: Server, base_url: str, names: str) -> None:
    async with Client(base_url) as client:
        assert (await client.post(f"/sockjs{names}/xhr")).body == b"o\n"


@pytest.mark.parametrize("names", ["//", "/a./a", "/a/a.", "/./.", "/", "///", "/a/" + "a" * 65])
async def test_but_dots_none_and_endless_ones(
    http_server: Server, base_url: str, names: str
) -> None:
    async with Client(base_url) as client:
        assert (await client.post(f"/sockjs{names}/xhr")).code == 404
        assert (await client.get(f"/sockjs{names}/websocket")).code == 404


async def test_the_servers_name_means_nothing(http_server: Server, base_url: str) -> None:
    async with Client(base_url) as client:
        assert (await client.post("/sockjs/000/s/xhr")).body == b"o\n"
        assert (await client.post("/sockjs/999/s/xhr_send", f"[{PING}]")).code == 204
        await until_pong(client)


# xhr and xhr_send


async def test_a_session_over_polls(http_server: Server, base_url: str) -> None:
    async with Client(base_url) as client:
        opened = await client.post("/sockjs/0/s/xhr")
        assert (opened.code, opened.body) == (200, b"o\n")
        assert opened.headers["Content-Type"] == "application/javascript; charset=UTF-8"
        assert "no-store" in opened.headers["Cache-Control"]
        sent = await client.post("/sockjs/0/s/xhr_send", f"[{PING}]")
        assert (sent.code, sent.body) == (204, b"")
        await until_pong(client)
        assert (await client.post("/sockjs/0/other/xhr_send", f"[{PING}]")).code == 404


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
@pytest.mark.parametrize("what", ["xhr", "xhr_streaming", "xhr_send"])
async def test_only_posts_do(http_server: Server, base_url: str, method: str, what: str) -> None:
    async with Client(base_url) as client:
        assert (await client.fetch(method, f"/sockjs/0/s/{what}")).code == 405


@pytest.mark.parametrize("body", ['["a', "", "[1]", '{"a":1}', "null"])
async def test_what_is_no_array_of_strings_is_refused_and_the_session_lives(
    http_server: Server, base_url: str, body: str
) -> None:
    async with Client(base_url) as client:
        await client.post("/sockjs/0/s/xhr")
        assert (await client.post("/sockjs/0/s/xhr_send", body)).code == 400
        assert (await client.post("/sockjs/0/s/xhr_send", f"[{PING}]")).code == 204
        await until_pong(client)


@pytest.mark.parametrize(
    "type_", ["text/plain", "T", "application/json", "application/xml", "", "text/plain; charset=x"]
)
async def test_what_is_sent_may_say_it_is_anything(
    http_server: Server, base_url: str, type_: str
) -> None:
    async with Client(base_url) as client:
        await client.post("/sockjs/0/s/xhr")
        headers = {"Content-Type": type_}
        answer = await client.post("/sockjs/0/s/xhr_send", f"[{PING}]", headers)
        assert answer.code == 204


async def test_polls_may_share_a_connection(http_server: Server, base_url: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(base_url.rpartition(":")[2]))
    cookie = ""
    for expected in (b"o\n", b"a["):
        writer.write(f"POST /sockjs/0/s/xhr HTTP/1.1\r\nHost: h\r\n{cookie}\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        fields = dict(line.split(": ", 1) for line in head.splitlines()[1:] if line)
        assert fields.get("Connection") != "close"
        cookie = f"Cookie: {fields.get('Set-Cookie', '').partition(';')[0]}\r\n"
        assert (await reader.readexactly(int(fields["Content-Length"]))).startswith(expected)
    writer.close()


# Streams


async def test_a_stream_begins_with_2048_letters_for_browsers_that_wait(
    http_server: Server, base_url: str
) -> None:
    async with (
        Client(base_url) as client,
        client.request("/sockjs/0/s/xhr_streaming", {"Connection": "close"}, body=b"") as opened,
    ):
        headers, reader = opened
        assert headers["Content-Type"] == "application/javascript; charset=UTF-8"
        assert headers["X-Accel-Buffering"] == "no"
        await reader.readuntil(b"h" * 2048 + b"\n")
        await reader.readuntil(b"o\n")
        await reader.readuntil(b"hello")


async def test_an_event_stream_begins_with_a_line_end(http_server: Server, base_url: str) -> None:
    async with Client(base_url) as client, client.request("/sockjs/0/s/eventsource") as opened:
        headers, reader = opened
        assert headers["Content-Type"] == "text/event-stream; charset=UTF-8"
        assert (await reader.readuntil(b"data: o\r\n\r\n")).count(b"\r\n\r\n") >= 1
        await reader.readuntil(b"data: a[")
        await reader.readuntil(b"]\r\n\r\n")


async def test_a_stream_over_http_1_0_ends_with_its_connection(
    http_server: Server, base_url: str
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(base_url.rpartition(":")[2]))
    writer.write(b"POST /sockjs/0/s/xhr_streaming HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    head = await reader.readuntil(b"\r\n\r\n")
    assert b"Transfer-Encoding" not in head and b"Content-Length" not in head
    assert await reader.readexactly(2049) == b"h" * 2048 + b"\n"
    assert await reader.readexactly(2) == b"o\n"
    http_server.attachments.dismiss()
    assert (await reader.read()).endswith(b'c[4000,"this instance is stopping"]\n')
    writer.close()


# Closing


async def test_who_is_closed_is_told_each_time_it_asks(http_server: Server, base_url: str) -> None:
    async with Client(base_url) as client:
        await client.post("/sockjs/0/s/xhr")
        (attachment,) = http_server.attachments.registry.attachments
        socket = await client.websocket(f"?session={attachment.session.id}")
        assert await socket.read() is not None  # it has taken the session over
        assert (await client.post("/sockjs/0/s/xhr")).body[:1] == b"a"  # with the goodbye
        for _ in range(2):
            answer = await client.post("/sockjs/0/s/xhr")
            assert (
                answer.body
                == b"c" + json.dumps([*codes.REPLACED]).encode().replace(b", ", b",", 1) + b"\n"
            )
        assert (await client.post("/sockjs/0/s/xhr_send", f"[{PING}]")).code == 404


@pytest.mark.parametrize("what", ["xhr", "xhr_streaming"])
async def test_a_second_request_is_turned_away_and_a_broken_first_ends_the_session(
    http_server: Server, base_url: str, what: str
) -> None:
    async with Client(base_url) as client:
        await client.post("/sockjs/0/s/xhr")
        await client.post("/sockjs/0/s/xhr")  # takes the pending messages, so the next one waits
        session = http_server.sockjs.get("s")
        assert session is not None
        port = int(base_url.rpartition(":")[2])
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        cookie = f"Cookie: {client.cookie}\r\nContent-Length: 0"
        writer.write(f"POST /sockjs/0/s/{what} HTTP/1.1\r\nHost: h\r\n{cookie}\r\n\r\n".encode())
        while session.handler is None:  # the other request has not arrived yet
            await client.get("/sockjs/info")
        answer = await client.post("/sockjs/0/s/xhr")
        assert answer.body == b'c[2010,"Another connection still open"]\n'
        writer.transport.abort()
        while (answer := await client.post("/sockjs/0/s/xhr")).body[:6] == b"c[2010":
            pass  # its end has not arrived yet
        assert answer.body == b'c[1002,"Connection interrupted"]\n'
        assert session.is_closed
        assert http_server.attachments.registry.readers == 0


# WebSockets


async def test_a_session_over_a_socket(http_server: Server, base_url: str) -> None:
    async with frame_socket(base_url, "/sockjs/0/s/websocket") as socket:
        assert (await socket.read()).payload == b"o"
        assert b"hello" in (await socket.read()).payload
        for sent in (f"[{PING}]", PING):
            socket.send(TEXT, sent.encode())
            while b"pong" not in (payload := (await socket.until(TEXT)).payload):
                pass
            assert payload[:1] == b"a"
            assert json.loads(json.loads(payload[1:])[0]) == {"type": "pong", "id": 1}


@pytest.mark.parametrize("nothing", ["", "[]", '""'])
async def test_what_holds_nothing_is_passed_over(
    http_server: Server, base_url: str, nothing: str
) -> None:
    async with frame_socket(base_url, "/sockjs/0/s/websocket") as socket:
        socket.send(TEXT, nothing.encode())
        socket.send(TEXT, f"[{PING}]".encode())
        while b"pong" not in (payload := (await socket.until(TEXT)).payload):
            assert b"error" not in payload


@pytest.mark.parametrize("broken", ['["a', "[1]", '{"a":1}', "null"])
async def test_broken_json_ends_a_socket(http_server: Server, base_url: str, broken: str) -> None:
    async with frame_socket(base_url, "/sockjs/0/s/websocket") as socket:
        socket.send(TEXT, broken.encode())
        await socket.until_ended(1007)


async def test_a_message_is_text(http_server: Server, base_url: str) -> None:
    async with frame_socket(base_url, "/sockjs/0/s/websocket") as socket:
        socket.send(BINARY, f"[{PING}]".encode())
        await socket.until_ended(1003)


async def test_closing_is_said_in_sockjs_words_and_then_in_the_sockets(
    http_server: Server, base_url: str
) -> None:
    async with frame_socket(base_url, "/sockjs/0/s/websocket") as socket:
        while b"presence" not in (await socket.until(TEXT)).payload:
            pass
        http_server.attachments.dismiss()
        while (said := await socket.read()).payload[:1] != b"c":
            assert said.payload[:1] == b"a"
        assert json.loads(said.payload[1:]) == [*codes.SHUTDOWN]
        assert (await socket.read()).close_code == codes.SHUTDOWN.code
        socket.send(CLOSE, codes.SHUTDOWN.code.to_bytes(2))
        await socket.until_closed()


async def test_two_sockets_may_have_made_up_the_same_name(
    http_server: Server, base_url: str
) -> None:
    path = "/sockjs/0/s/websocket"
    async with frame_socket(base_url, path) as one, frame_socket(base_url, path) as other:
        for socket in (one, other):
            assert (await socket.read()).payload == b"o"
            socket.send(TEXT, f"[{PING}]".encode())
            while b"pong" not in (await socket.until(TEXT)).payload:
                pass


async def test_the_raw_socket_has_no_frames_of_sockjs(http_server: Server, base_url: str) -> None:
    async with frame_socket(base_url, "/sockjs/websocket") as socket:
        assert json.loads((await socket.read()).payload)["type"] == "hello"
        socket.send(TEXT, json.loads(PING).encode())
        while (push := json.loads((await socket.until(TEXT)).payload))["type"] != "pong":
            pass
        assert push["id"] == 1


# Intended differences, as docs/conformance.md says


async def test_info_makes_the_guest_that_all_attempts_are_of(
    http_server: Server, base_url: str
) -> None:
    async with Client(base_url) as client:
        assert "Set-Cookie" in (await client.get("/sockjs/info")).headers
        assert "Set-Cookie" not in (await client.post("/sockjs/0/s/xhr")).headers


async def test_what_must_not_be_kept_says_so_in_fewer_words(
    http_server: Server, base_url: str
) -> None:
    async with Client(base_url) as client:
        info = await client.get("/sockjs/info")
        polled = await client.post("/sockjs/0/s/xhr")
        sent = await client.post("/sockjs/0/s/xhr_send", "[]")
        said = [answer.headers["Cache-Control"] for answer in (info, polled, sent)]
        assert said == ["no-store", "no-store, no-transform", "no-store"]
        assert (sent.code, "Content-Type" in sent.headers) == (204, False)
        async with client.request("/sockjs/0/t/eventsource") as (headers, _):
            assert headers["Cache-Control"] == "no-store, no-transform"


@pytest.mark.parametrize("method", ["OPTIONS", "PUT"])
async def test_a_method_that_is_not_taken_is_told_so_in_json(
    http_server: Server, base_url: str, method: str
) -> None:
    async with Client(base_url) as client:
        answer = await client.fetch(method, "/sockjs/0/s/xhr")
        assert (answer.code, json.loads(answer.body)["type"]) == (405, "error")


@pytest.mark.parametrize(
    "draft",
    [
        {"Sec-WebSocket-Version": "7", "Sec-WebSocket-Key": "x3JJHMbDL1EzLkh9GBhXDw=="},
        {"Sec-WebSocket-Version": "8", "Sec-WebSocket-Key": "x3JJHMbDL1EzLkh9GBhXDw=="},
        {"Sec-WebSocket-Key1": "4 @1  46546xW%0l 1 5", "Sec-WebSocket-Key2": "12998 5 Y3 1  .P00"},
    ],
)
async def test_drafts_of_websocket_are_told_the_version(
    http_server: Server, base_url: str, draft: dict[str, str]
) -> None:
    async with Client(base_url) as client:
        headers = {"Connection": "Upgrade", "Upgrade": "websocket", **draft}
        answer = await client.get("/sockjs/0/s/websocket", headers)
        assert (answer.code, answer.headers["Sec-WebSocket-Version"]) == (426, "13")


# Encoding


@pytest.mark.parametrize("what", ["xhr", "websocket", "eventsource"])
async def test_what_kills_parsers_is_escaped_and_comes_back(
    http_server: Server, base_url: str, what: str
) -> None:
    # An id is echoed unchanged; a text may not contain some of these.
    command = json.dumps(json.dumps({"type": "ping", "id": KILLERS}, ensure_ascii=False))
    async with Client(base_url) as client:
        if what == "websocket":
            async with frame_socket(base_url, "/sockjs/0/s/websocket") as socket:
                socket.send(TEXT, f"[{command}]".encode())
                while b"pong" not in (data := (await socket.until(TEXT)).payload):
                    pass
        else:
            await client.post("/sockjs/0/s/xhr")
            await client.post("/sockjs/0/s/xhr")
            await client.post("/sockjs/0/s/xhr_send", f"[{command}]")
            if what == "xhr":
                data = (await client.post("/sockjs/0/s/xhr")).body
            else:
                async with client.request("/sockjs/0/s/eventsource") as (_, reader):
                    await reader.readuntil(b"data: ")
                    data = await reader.readuntil(b"\r\n\r\n")
        assert data.isascii()
        assert not [byte for byte in data if byte < 32 and byte not in b"\r\n"]
        assert json.loads(json.loads(data[1:])[-1]) == {"type": "pong", "id": KILLERS}
