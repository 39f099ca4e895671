"""Files and pages come compressed; what says something of who asks does not."""

import functools
import gzip
import json
import re
from collections.abc import Mapping
from pathlib import Path

import brotli
import pytest

from chat.application import ROOT
from chat.web.static_files import static_files
from tests.support.client import Client
from tests.support.wire import WAIT_S, Answer

pytestmark = pytest.mark.gen_test(timeout=3 * WAIT_S)

ALL = {"Accept-Encoding": "gzip, deflate, br, zstd"}
DECODERS = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}
# One each of the long ones of the same kind, which take most of the time: the names of emoji in a
# language, and source maps.
ONES = ("emoji/en.json", "js/main.js.map")


@functools.cache
def contents() -> Mapping[str, bytes]:
    return static_files(ROOT / "static", is_bundled=True).contents


def is_asked_for(path: str) -> bool:
    return path in ONES or not path.startswith("emoji/") and not path.endswith(".map")


@pytest.fixture
def url(http_server: object, base_url: str) -> str:
    return base_url


def decoded(answer: Answer) -> bytes:
    assert int(answer.headers["Content-Length"]) == len(answer.body)
    return bytes(DECODERS[answer.headers.get("Content-Encoding")](answer.body))


def is_compressed(answer: Answer) -> bool:
    return "Content-Encoding" in answer.headers


async def test_every_file_comes_in_each_encoding_with_a_tag_of_its_own(url: str) -> None:
    async with Client(url) as client:
        page = (await client.get("/")).body.decode()
        (version,) = set(re.findall(r"/static/(v[0-9a-f]{12})/", page))
        saved = total = 0
        kinds = set()
        for name in filter(is_asked_for, contents()):
            content = contents()[name]
            path = f"/static/{version}/{name}"
            tags = set()
            for encoding in ("br", "gzip", "identity"):
                accepts = {"Accept-Encoding": encoding}
                answer = await client.get(path, accepts)
                assert decoded(answer) == content, name
                assert answer.headers["Vary"] == "Accept-Encoding"
                assert answer.headers["Cache-Control"].endswith(", immutable")
                assert answer.headers.get("Content-Encoding") in (encoding, None)
                tags.add(answer.headers["ETag"])
                if Path(name).suffix not in kinds:
                    await check_asking_again(client, path, accepts, answer)
                if encoding == "br":
                    total, saved = total + len(content), saved + len(content) - len(answer.body)
            kinds.add(Path(name).suffix)
            # What is short, or a picture already compressed, gains nothing.
            is_worth_it = len(content) >= 512 and not name.endswith(".png")
            assert len(tags) == 3 or not is_worth_it, name
        assert saved > total / 2


async def check_asking_again(
    client: Client, path: str, accepts: dict[str, str], answer: Answer
) -> None:
    again = await client.get(path, {**accepts, "If-None-Match": answer.headers["ETag"]})
    assert (again.code, again.body) == (304, b"")
    assert again.headers["Vary"] == "Accept-Encoding"
    assert again.headers["ETag"] == answer.headers["ETag"]
    head = await client.fetch("HEAD", path, headers=accepts)
    assert head.headers["Content-Length"] == answer.headers["Content-Length"]
    assert head.body == b""


async def test_a_part_is_of_the_file_as_it_is(url: str) -> None:
    path, content = "/static/css/base.css", contents()["css/base.css"]
    async with Client(url) as client:
        plain = (await client.get(path)).headers["ETag"]
        packed = (await client.get(path, ALL)).headers["ETag"]
        part = {**ALL, "Range": "bytes=10-19"}
        for more in ({}, {"If-Range": plain}):
            answer = await client.get(path, {**part, **more})
            assert (answer.code, answer.body) == (206, content[10:20])
            assert answer.headers["ETag"] == plain and not is_compressed(answer)
        for tag in (packed, '"another"', "Wed, 21 Oct 2015 07:28:00 GMT"):
            answer = await client.get(path, {**part, "If-Range": tag})
            assert (answer.code, decoded(answer)) == (200, content)


@pytest.mark.parametrize(
    "path", ["%00", "%0a.js", "js/%0a.js", "nothing.js", "js", "..%2fapp.py", ""]
)
async def test_what_is_no_file_is_not_there(url: str, path: str) -> None:
    async with Client(url) as client:
        assert (await client.get(f"/static/{path}", ALL)).code == 404


async def test_pages_come_compressed_unless_a_page_elsewhere_has_asked(url: str) -> None:
    async with Client(url) as client:
        for path in ("/", "/rooms/general", "/doctor"):
            for site in ("none", "same-origin"):
                answer = await client.get(path, {**ALL, "Sec-Fetch-Site": site})
                assert answer.headers["Content-Encoding"] == "br"
                assert answer.headers["Vary"] == "Accept, Accept-Encoding, Accept-Language, Cookie"
                assert decoded(answer).startswith(b"<!doctype html>")
                assert len(answer.body) < len(decoded(answer)) / 2
            elsewhere = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document"}
            answer = await client.get(path, {**ALL, **elsewhere})
            assert answer.code == 200 and not is_compressed(answer)
            assert not is_compressed(await client.get(path))


async def test_what_says_something_of_who_asks_is_never_compressed(url: str) -> None:
    async with Client(url) as client:
        for number in range(50):
            text = f"a text as long as any other, {number}"
            await client.command(type="send", room="general", text=text, key=text)
        own = {**ALL, "Sec-Fetch-Site": "same-origin"}
        for path in (
            "/api/rooms", "/api/rooms/general/messages?limit=200", "/sockjs/info", "/nowhere",
            "/poll?hold_s=0&cursor=general:x:0", "/healthz", "/readyz", "/metrics",
        ):  # fmt: skip
            assert not is_compressed(await client.get(path, own)), path
        for path, body in (
            ("/negotiate", "{}"),
            ("/send", '{"type":"ping"}'),
            ("/login", "name=A"),
        ):
            assert not is_compressed(await client.post(path, body, own)), path
        async with client.request("/events", own) as (answered, _):
            assert "Content-Encoding" not in answered


async def test_the_description_of_the_api_is(url: str) -> None:
    async with Client(url) as client:
        plain = json.loads((await client.get("/openapi.json")).body)
        for encoding in ("br", "gzip"):
            answer = await client.get("/openapi.json", {"Accept-Encoding": encoding})
            assert answer.headers["Content-Encoding"] == encoding
            assert json.loads(decoded(answer)) == plain
