"""Rows 72 to 80: messages and names are treated as text, never as code."""

import json
from contextlib import aclosing
from html.parser import HTMLParser

from tests.security.case import SecurityTest
from tests.security.endpoints import Endpoint, statuses
from tests.security.samples import BAD_ROOMS
from tests.support.wire import Push, raw

MARKUP = [
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "[x](javascript:alert(1))",
    "<javascript:alert(1)>",
    "[x](data:text/html,<script>alert(1)</script>)",
    "![x](http://evil.example/seen.png)",
    '<a href="x" onclick=alert(1)>x</a>',
    "<svg/onload=alert(1)>",
    "```\n</code><script>alert(1)</script>\n```",
    "{{constructor.constructor('alert(1)')()}}",
    "<!--<script>-->",
    'http://a.example/"onmouseover="alert(1)',
]
LINES = "a\nb\rc\r\nd\n\nevent: message\n\ndata: {}\n\nid: 0\n\u2028e\u2029f\x85g"
FOLDED = LINES.replace("\r\n", "\n").replace("\r", "\n")


class Tags(HTMLParser):
    """Collects the tags of HTML, and their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


class TestContent(SecurityTest):
    async def told(self, text: str) -> list[Push]:
        """Send ``text``; return its push from each transport."""
        key = str(hash(text))
        await self.client.command(type="send", room="general", text=text, key=key)
        return [await it.until(lambda push: push.get("key") == key) for it in self.receivers]

    async def test_row_72_markup_is_text(self) -> None:
        for text in MARKUP:
            for push in await self.told(text):
                with self.subTest(text=text):
                    self.assertEqual(push["text"], text)
                    for tag, attributes in Tags(push["html"]).found:
                        self.assertIn(tag, ("p", "a", "code", "pre", "br"))
                        self.assertLessEqual(set(attributes), {"href", "rel", "target", "class"})
                        self.assertRegex(attributes.get("href") or "http:", r"^(https?|mailto):")
        page = (await self.client.get("/rooms/general")).body.decode()
        scripts = [attributes for tag, attributes in Tags(page).found if tag == "script"]
        early = False  # it has neither; the page's policy names it by its hash
        self.assertEqual(
            [it.get("id") or "src" in it for it in scripts], [early, "boot", True, True]
        )
        for tag, attributes in Tags(page).found:
            self.assertEqual([name for name in attributes if name.startswith("on")], [], tag)

    async def test_row_73_writing_that_leaves_its_line_is_contained(self) -> None:
        """A name with it is refused; a text has its own box, which tests/browser checks."""
        for name in ("a\u202eb", "\u2066a", "a" + "\u0301" * 20, "\u200b", "a\ufeffb"):
            response = await self.client.post("/login", f"name={name}".encode())
            self.assertEqual(response.code, 400, ascii(name))
        for text in ("\u202e\u2066" * 100 + "x", "a" + "\u0301" * 3999):
            for push in await self.told(text):
                self.assertEqual(push["text"], text)
        reply = await self.client.command(
            type="send", room="general", text="a" + "\u0301" * 10_000, key="marks"
        )
        self.assertEqual(reply["code"], "too_long")

    async def test_row_74_lines_in_a_message_are_one_event(self) -> None:
        for push in await self.told(LINES):
            self.assertEqual(push["text"], FOLDED)
        async with aclosing(self.client.events()) as events:
            hello = await anext(events)
            await self.client.command(type="send", room="general", text=LINES, key="lines")
            async for event in events:
                if event.type == "message":
                    break
        self.assertEqual(json.loads(event.data)["text"], FOLDED)
        self.assertEqual(event.id.rpartition(":")[0], hello.id.rpartition(":")[0])

    async def test_row_75_a_last_event_id_that_is_not_ours_is_a_fresh_start(self) -> None:
        for last in (
            "garbage", "-1", "9" * 5000, "general:e:x", "\u00e9", "<script>", "a,b:c:1",
            "general:e:1\u0000", "%00", "general:e:1,general:e:2", "*:e:1",
        ):  # fmt: skip
            with self.subTest(last=last[:20]):
                if "\0" in last:  # no header can contain it
                    head = Endpoint("GET", "/events").head(f"Last-Event-ID: {last}")
                    self.assertEqual(statuses(await raw(self.url, head)), [400])
                    continue
                headers = {"Last-Event-ID": last}
                async with aclosing(self.client.events(headers=headers)) as events:
                    self.assertEqual((await anext(events)).type, "hello")

    async def test_row_76_a_room_that_cannot_be_400(self) -> None:
        for room in BAD_ROOMS:
            for path in ("/events", "/poll", "/chat", "/sockjs/0/x/eventsource"):
                with self.subTest(path=path, room=room):
                    response = await self.client.get(f"{path}?room={room}")
                    self.assertEqual(response.code, 400, response.body)
                    code = json.loads(response.body)["code"]
                    self.assertIn(code, ("bad_room", "bad_command"))
            for method, path in (
                ("GET", f"/api/rooms/{room}/messages"),
                ("POST", f"/api/rooms/{room}/messages"),
                ("GET", f"/rooms/{room}"),
            ):
                with self.subTest(method=method, path=path):
                    body = '{"text":"x","key":"k"}' if method == "POST" else None
                    response = await self.client.fetch(method, path, body)
                    self.assertIn(response.code, (400, 404), response.body)
                    self.assertNotIn("X-Evil", response.headers)
                    self.assertEqual(json.loads(response.body)["type"], "error")
        for name in ("*", "a?", "[a]", "{x}", "..", "a/b", "a\r\nb", "x" * 256, "\u0662", "dev\n"):
            for type_ in ("join", "leave", "typing"):
                await self.client.post("/send", json.dumps({"type": type_, "room": name}))
            reply = await self.client.command(type="join", room=name)
            self.assertEqual(reply["code"], "bad_room", name)
        listed = json.loads((await self.client.get("/api/rooms")).body)["rooms"]
        for room in listed:
            self.assertRegex(room["room"], r"^[a-z0-9][a-z0-9_-]{0,63}$")

    async def test_row_77_no_control_character_comes_into_the_log(self) -> None:
        for name in ("a%0d%0aINFO forged", "a%1b[31mb", "%c2%9b31m", "a%e2%80%a8b"):
            response = await self.client.post("/login", f"name={name}")
            self.assertIn(response.code, (303, 400))
        for path in (
            "/nowhere%0d%0aforged",
            "/nowhere%1b[31m",
            "/rooms/%1b",
            "/nowhere\u00a0\u009b31m",
        ):
            await raw(self.url, Endpoint("GET", path).head("User-Agent: %1b", "Via: 1.0 x"))
        for path in ("/nowhere\x1b[31m", "/nowhere\x7f", "/nowhere\x08"):
            answer = await raw(self.url, Endpoint("GET", path).head())
            self.assertIn(statuses(answer), ([400], [404]))
        for line in self.server.log:
            self.assertRegex(line.rstrip("\n"), r"^[^\x00-\x1f\x7f-\x9f]*$")
            self.assertFalse(line.startswith(("forged", "INFO forged")))

    async def test_row_78_a_history_is_capped_however_much_is_asked_for(self) -> None:
        for batch in range(3):
            texts = [
                {"type": "send", "room": "general", "text": "h", "key": f"h{batch}-{n}"}
                for n in range(100)
            ]
            self.assertEqual((await self.client.post("/send", json.dumps(texts))).code, 200)
        for limit, count in (("200", 200), ("201", 200), ("1000000000", 200), ("0", 1)):
            response = await self.client.get(f"/api/rooms/general/messages?limit={limit}")
            self.assertEqual(len(json.loads(response.body)["messages"]), count)

    async def test_row_79_of_a_batch_of_101_nothing_is_done(self) -> None:
        batch = [
            {"type": "send", "room": "general", "text": f"many{n}", "key": f"many{n}"}
            for n in range(101)
        ]
        before = (await self.client.get("/api/rooms/general/messages?limit=1")).body
        response = await self.client.post("/send", json.dumps(batch))
        self.check_refusal(response, 400, "bad_command")
        after = (await self.client.get("/api/rooms/general/messages?limit=1")).body
        self.assertEqual(before, after)
        done = json.loads((await self.client.post("/send", json.dumps(batch[:100]))).body)
        self.assertEqual({reply["type"] for reply in done["replies"]}, {"ok"})

    async def test_row_80_nothing_is_a_script_of_somebodys_choice_404(self) -> None:
        for path in (
            "/sockjs/0/x/jsonp?c=alert", "/sockjs/0/x/jsonp_send", "/sockjs/0/x/htmlfile?c=alert",
            "/sockjs/iframe.html", "/sockjs/iframe-1.html", "/jsonp", "/api/rooms.js",
        ):  # fmt: skip
            for method in ("GET", "POST"):
                self.assertEqual((await self.client.fetch(method, path)).code, 404, path)
        for path in ("/api/rooms", "/api/rooms/general/messages", "/poll", "/sockjs/info"):
            for argument in ("callback", "jsonp", "c"):
                response = await self.client.get(f"{path}?{argument}=alert&hold_s=0")
                self.assertTrue(response.headers["Content-Type"].startswith("application/json"))
                self.assertEqual(response.headers["X-Content-Type-Options"], "nosniff")
                self.assertTrue(response.body.startswith(b"{"), path)
