"""Bad input to uploads: a clear error each, and nothing is left behind."""

import io
import json
import os
from pathlib import Path
from urllib.parse import quote

from PIL import Image

from tests.security.case import SecurityTest
from tests.support.client import Client
from tests.support.pictures import moving, png_that_claims
from tests.support.uploads import (
    address_of,
    kept_in,
    png,
    post_file,
    send_files,
    until_kept,
    upload,
)
from tests.support.wire import Connection, raw

FILE_BYTES = 100_000_000
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'
HTML = b"<!DOCTYPE html><script>alert(document.cookie)</script>"


class TestUploads(SecurityTest):
    async def asyncSetUp(self) -> None:
        await super().asyncSetUp()
        self.folder = Path(self.server.data_dir)
        await self.client.get("/api/me")  # gives it a cookie
        self.before = kept_in(self.folder)

    async def until_nothing_is_left(self) -> None:
        await until_kept(lambda: set(kept_in(self.folder)) - set(self.before), 0)

    async def refused(self, content: bytes, status: int, code: str, name: str = "a") -> str:
        answer = await post_file(self.client, content, name)
        self.check_refusal(answer, status, code)
        await self.until_nothing_is_left()
        return str(json.loads(answer.body)["message"])

    def head(self, *lines: str, name: str = "a") -> bytes:
        cookie = f"Cookie: {self.client.cookie}"
        first = [f"POST /api/uploads?name={name} HTTP/1.1", "Host: a", cookie]
        return "\r\n".join([*first, *lines, "", ""]).encode()

    async def shown(self, info: dict[str, object]) -> object:
        """Return what a browser is told to do with a file that is its user's."""
        answer = await self.client.get(address_of(info))
        self.assertEqual(answer.code, 200)
        self.assertIn("sandbox", answer.headers["Content-Security-Policy"])
        self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
        how = answer.headers["Content-Disposition"].partition(";")[0]
        return how, answer.headers["Content-Type"], answer.body

    # Lengths

    async def test_a_body_without_a_length_is_taken_within_the_limits(self) -> None:
        async with Connection(self.url) as connection:
            head = self.head("Transfer-Encoding: chunked")
            chunks = b"".join(b"1000\r\n%b\r\n" % bytes(4096) for _ in range(50))
            connection.writer.write(head + chunks + b"0\r\n\r\n")
            answer = await connection.reader.readuntil(b"\r\n\r\n")
            self.assertIn(b" 201 ", answer)
            self.assertEqual(
                json.loads(await connection.reader.readuntil(b"}"))["bytes"], 50 * 4096
            )
            # The connection goes on.
            connection.writer.write(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertIn(b" 200 ", await connection.reader.readuntil(b"\r\n\r\n"))

    async def test_chunks_beyond_the_limit_are_refused(self) -> None:
        answer = await raw(self.url, self.head("Transfer-Encoding: chunked") + b"5f5e101\r\n")
        self.assertIn(b" 413 ", answer)
        self.assertIn(b'"too_long"', answer)
        await self.until_nothing_is_left()

    async def test_chunks_that_are_none_are_refused(self) -> None:
        body = b"5\r\nhello\r\nxyz\r\n"
        answer = await raw(self.url, self.head("Transfer-Encoding: chunked") + body)
        self.assertIn(b" 400 ", answer)
        await self.until_nothing_is_left()

    async def test_10_gigabytes_are_refused_before_they_are_sent(self) -> None:
        for line in ("Content-Length: 10000000000", f"Content-Length: {FILE_BYTES + 1}"):
            answer = await raw(self.url, self.head(line, "Expect: 100-continue"))
            self.assertIn(b" 413 ", answer)
            self.assertNotIn(b"100 Continue", answer)
        await self.until_nothing_is_left()

    async def test_a_body_that_is_cut_leaves_nothing(self) -> None:
        for end in ("half", "gone", "reset"):
            async with Connection(self.url) as connection:
                connection.writer.write(self.head("Content-Length: 5000000") + bytes(1_000_000))
                await connection.writer.drain()
                await until_kept(lambda: set(kept_in(self.folder)) - set(self.before), 1)
                if end == "half":
                    connection.writer.write_eof()
                    self.assertIn(b" 400 ", await connection.reader.read(1 << 16))
                elif end == "reset":
                    connection.writer.transport.abort()
            await self.until_nothing_is_left()

    async def test_a_body_that_is_longer_than_it_says_is_no_longer(self) -> None:
        answer = await raw(self.url, self.head("Content-Length: 3") + b"abcGET / HTTP/9\r\n\r\n")
        self.assertIn(b" 201 ", answer)
        self.assertIn(b'"bytes":3}', answer)
        self.assertIn(b" 400 ", answer)  # what follows is no request

    async def test_an_upload_that_is_refused_takes_no_more(self) -> None:
        async with Connection(self.url) as connection:
            connection.writer.write(
                self.head("Content-Length: 50000000", name="a%2Fb") + bytes(1_000_000)
            )
            answer = await connection.reader.read(1 << 16)
            self.assertIn(b" 400 ", answer)
            self.assertIn(b"Connection: close", answer)
        await self.until_nothing_is_left()

    async def test_an_empty_file_is_refused(self) -> None:
        await self.refused(b"", 400, "empty")

    # Names

    async def test_names_that_lead_elsewhere_or_deceive_are_refused(self) -> None:
        for name in (
            "../../etc/passwd", "..", ".", "a/b", "a\\b", "exe.\u202etxt", "a\u2066b", "a\u200bb",
        ):  # fmt: skip
            with self.subTest(repr(name)):
                await self.refused(b"content", 400, "bad_command", name)
        await self.refused(b"content", 413, "too_long", "n" * 1000)
        await self.refused(b"content", 413, "too_long", "n" * 201)
        answer = await self.client.post("/api/uploads?name=%ff%fe", b"content")
        self.assertEqual(answer.code, 400)
        await self.until_nothing_is_left()

    async def test_control_characters_in_a_name_are_blanks(self) -> None:
        for name, taken in (
            ("a\0b", "a b"),
            ("a\u2028b", "a b"),
            ("a\r\nX: y", "a X: y"),
            ("\x1b[31m", "[31m"),
        ):
            self.assertEqual((await upload(self.client, b"content", name))["name"], taken)

    async def test_other_names_come_back_as_they_are(self) -> None:
        for name in (
            "n" * 200, "naïve.txt", "日本語.txt", "a b;c=\"d\".txt", "%2e%2e", "..hidden", "😀.png",
        ):  # fmt: skip
            with self.subTest(name):
                info = await upload(self.client, b"content", name)
                self.assertEqual(info["name"], name)
                answer = await self.client.get(address_of(info))
                given = answer.headers["Content-Disposition"]
                self.assertTrue(given.isascii())
                self.assertTrue(given.endswith(f"filename*=UTF-8''{quote(name, safe='')}"))

    async def test_a_file_without_a_name_has_one(self) -> None:
        answer = await self.client.post("/api/uploads", b"content")
        self.assertEqual(json.loads(answer.body)["name"], "file")

    # Contents

    async def test_what_can_run_in_a_browser_is_only_given_as_a_download(self) -> None:
        for name, content in (
            ("picture.svg", SVG),
            ("page.html", HTML),
            ("picture.png", HTML),
            ("script.js", b"alert(1)"),
            (
                "paper.pdf",
                b"%PDF-1.7\n1 0 obj <</OpenAction <</S /JavaScript /JS (app.alert(1))>>>>",
            ),
            (
                "feed.xml",
                b'<?xml version="1.0"?><x:script xmlns:x="http://www.w3.org/1999/xhtml"/>',
            ),
            ("film.swf", b"FWS\x09" + bytes(100)),
            ("utf16.html", HTML.decode().encode("utf-16")),
        ):
            with self.subTest(name):
                info = await upload(self.client, content, name)
                self.assertFalse(str(info["type"]).startswith("image/"))
                how = await self.shown(info)
                self.assertEqual(how, ("attachment", "application/octet-stream", content))

    async def test_a_type_is_that_of_the_content_whatever_the_name(self) -> None:
        info = await upload(self.client, png(), "notes.txt")
        self.assertEqual(info["type"], "image/png")
        headers = {"Content-Type": "image/png"}
        answer = await self.client.post("/api/uploads?name=a.png", HTML, headers)
        self.assertEqual(json.loads(answer.body)["type"], "text/plain")

    async def test_what_stands_behind_a_picture_is_lost(self) -> None:
        for content in (png() + HTML, png() + b"PK\x03\x04" + SVG):
            info = await upload(self.client, content, "a.png")
            how, type_, body = await self.shown(info)  # type: ignore[misc]
            self.assertEqual((how, type_), ("inline", "image/png"))
            self.assertNotIn(b"script", body)
            self.assertNotIn(b"PK\x03\x04", body)

    async def test_a_place_in_a_picture_is_lost(self) -> None:
        exif = Image.Exif()
        exif.get_ifd(0x8825)[0x1D] = "52.5200 N 13.4050 E"
        file = io.BytesIO()
        Image.new("RGB", (900, 600)).save(file, "JPEG", exif=exif)
        self.assertIn(b"13.4050", file.getvalue())
        info = await upload(self.client, file.getvalue())
        for query in ("", "?size=thumbnail"):
            body = (await self.client.get(address_of(info) + query)).body
            self.assertNotIn(b"13.4050", body)
            with Image.open(io.BytesIO(body)) as image:
                self.assertFalse(image.getexif())

    async def test_bombs_and_pictures_that_are_too_large_are_refused(self) -> None:
        for content in (
            png_that_claims(10_000, 10_000),
            png_that_claims(100_000, 100_000),
            moving("GIF", 10_000, (2, 2)),
        ):
            self.assertIn("million pixels", await self.refused(content, 413, "too_long"))
        await self.refused(
            png_that_claims(6000, 6000), 400, "bad_command"
        )  # its pixels are missing

    async def test_what_only_begins_like_a_picture_is_refused(self) -> None:
        for content in (png()[:8] + HTML, b"GIF89a" + SVG, b"\xff\xd8\xff" + os.urandom(5000)):
            self.assertIn("can't be read", await self.refused(content, 400, "bad_command"))

    # Ids

    async def test_ids_that_are_none_lead_nowhere(self) -> None:
        for path in (
            "/files/..%2f..%2fsecret/secret", "/files/../secret/x", f"/files/{'0' * 31}/x",
            f"/files/{'0' * 33}/x", f"/files/{'0' * 32}/..%2f..%2fsecret", f"/files/{'A' * 32}/x",
            f"/files/{'0' * 32}/", f"/files/{'0' * 32}", f"/files/{'0' * 32}/x/content", "/files/",
        ):  # fmt: skip
            with self.subTest(path):
                answer = await self.client.get(path)
                self.assertEqual(answer.code, 404)

    async def test_an_id_of_somebody_else_s_upload_is_refused(self) -> None:
        info = await upload(self.client, b"mine")
        async with Client(self.url) as other:
            reply = await send_files(other, "general", info)
            self.assertEqual(reply["code"], "no_such_file")
        self.assertEqual((await send_files(self.client, "general", info))["type"], "ok")

    async def test_other_sites_can_neither_upload_nor_embed(self) -> None:
        headers = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
        answer = await self.client.post("/api/uploads?name=a", b"content", headers)
        self.assertEqual(answer.code, 403)
        info = await upload(self.client, png(), "a.png")
        answer = await self.client.get(address_of(info), headers)
        self.assertEqual(answer.code, 403)
