"""A server below a path gives every address below it, by itself and behind either proxy."""

import asyncio
import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urljoin, urlsplit

import pytest

from chat.client import connect
from tests.security.case import faults
from tests.support import below_a_path
from tests.support.below_a_path import BASE_PATH
from tests.support.client import Client
from tests.support.haproxy import run_haproxy
from tests.support.nginx import run_nginx
from tests.support.server import ServerProcess, run_server
from tests.support.wire import TRANSPORTS, WAIT_S

pytestmark = pytest.mark.gen_test(timeout=3 * WAIT_S)

TOKEN = "the operator's token"
HTML = {"Accept": "text/html"}
OPERATOR = {**HTML, "Authorization": f"Bearer {TOKEN}"}
PAGES = ("/", "", "/rooms/general", "/rooms/general/1", "/doctor", "/admin", "/nowhere")


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    settings = {"BASE_PATH": BASE_PATH, "RATE_LIMITS": "off", "ADMIN_TOKEN": TOKEN}
    with run_server(**settings, BEHIND_PROXY="127.0.0.1") as server:
        yield server
        assert server.stop() == 0
        assert faults(server) == []


@pytest.fixture(scope="module", params=["itself", "nginx", "haproxy"])
def root(request: pytest.FixtureRequest, server: ServerProcess) -> Iterator[str]:
    """The address of the host below which the server is."""
    with ExitStack() as stack:
        match request.param:
            case "itself":
                yield server.url
            case "nginx":
                proxy = run_nginx([server.port], changed=below_a_path.nginx)
                yield stack.enter_context(proxy)
            case "haproxy":
                proxied = run_haproxy([server.port], changed=below_a_path.haproxy)
                yield stack.enter_context(proxied).url


@pytest.fixture
def url(root: str) -> str:
    return root + BASE_PATH


async def test_every_address_on_every_page_is_below_it_and_there(root: str, url: str) -> None:
    found: set[str] = set()
    async with Client(url) as client:
        await client.command(type="send", room="general", text="x", key="k")
        for path in PAGES:
            answer = await client.get(path, OPERATOR if path == "/admin" else HTML)
            if path == "" and answer.code == 301:  # nginx's own
                assert urlsplit(answer.headers["Location"]).path == f"{BASE_PATH}/"
                continue
            assert answer.code == (404 if path == "/nowhere" else 200), path
            page = answer.body.decode()
            found |= set(re.findall(r"""\s(?:href|src|action)=["']([^"'#]+)""", page))
        assert len(found) > 15  # scripts are bundled
        for address in found:
            assert address.startswith(f"{BASE_PATH}/"), address
            method = "POST" if address.endswith("/login") else "GET"
            headers = OPERATOR if address.endswith("/admin") else HTML
            answer = await client.fetch(method, address.removeprefix(BASE_PATH), headers=headers)
            assert answer.code == (400 if method == "POST" else 200), address
            if not address.endswith((".js", ".css")):
                continue
            for name in re.findall(
                r"""(?:import|from)\s*\(?["']([^"']+)["']|url\((\S+?)\)""", answer.body.decode()
            ):
                inner = urlsplit(urljoin(f"{root}{address}", name[0] or name[1])).path
                if inner.startswith(f"{BASE_PATH}/"):
                    part = await client.get(inner.removeprefix(BASE_PATH))
                    assert part.code == 200, inner


async def test_what_sends_on_sends_on_below_it(url: str) -> None:
    async with Client(url) as client:
        for path, body, to in (("/login", "name=Ada", "/"), ("/logout", "", "/")):
            answer = await client.post(path, body)
            assert (answer.code, answer.headers["Location"]) == (303, f"{BASE_PATH}{to}")
        answer = await client.get("/static/js/parley.js")
        assert answer.code == 302
        assert answer.headers["Location"].startswith(f"{BASE_PATH}/static/v")
        ban = "user=guest-0123456789abcdef&hours=1&reason="
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = await client.post("/admin", ban, {**OPERATOR, **form})
        assert (answer.code, answer.headers["Location"]) == (303, f"{BASE_PATH}/admin")


async def test_the_cookie_is_for_what_is_below_it(url: str) -> None:
    async with Client(url) as client:
        cookie = (await client.get("/")).headers["Set-Cookie"]
        assert f"; Path={BASE_PATH}/;" in cookie
        assert [line for line in (await client.post("/logout")).headers.get_list("Set-Cookie")] == [
            f"{cookie.partition('=')[0]}=; Path={BASE_PATH}/; Max-Age=0; HttpOnly; SameSite=Lax"
        ]


async def test_offers_and_the_description_name_it(root: str, url: str) -> None:
    async with Client(url) as client:
        offers = json.loads((await client.post("/negotiate", "{}")).body)["transports"]
        paths = {offer["url"] for offer in offers}
        assert paths == {f"{BASE_PATH}{path}" for path in ("/chat", "/events", "/poll")}
        assert {offer["send"] for offer in offers} == {f"{BASE_PATH}/send"}
        described = json.loads((await client.get("/openapi.json")).body)
        (server,) = described["servers"]
        assert urljoin(f"{url}/openapi.json", server["url"]) == url
        for path, item in described["paths"].items():
            if "get" in item and "{" not in path:
                # Some are for owners alone.
                assert (await client.get(f"{path}?hold_s=0")).code in (200, 403)


async def test_every_transport_reads_there_and_a_poll_that_goes_on_is_cheap(url: str) -> None:
    async with Client(url) as client:
        for transport in TRANSPORTS:
            async with Client(url).reading(transport) as receiver:
                text = f"by {transport}"
                await client.command(type="send", room="general", text=text, key=text + url)
                await receiver.until(lambda push, text=text: push.get("text") == text)  # type: ignore[misc]
        raw = await client.websocket(path="/sockjs/websocket")
        hello = await raw.read()
        assert hello is not None and hello["type"] == "hello"
        assert (await client.post(f"/sockjs/0/{urlsplit(url).port}/xhr")).body == b"o\n"


async def test_the_python_client_talks_there(url: str) -> None:
    for transport in TRANSPORTS:
        async with connect(url, "general", transports=[transport]) as parley:
            assert parley.transport == transport
            await parley.send("general", f"{transport}, by a program")


async def test_a_poll_that_only_goes_on_takes_the_short_way(server: ServerProcess) -> None:
    async def repeated() -> float:
        async with Client(server.url) as operator:
            body = (await operator.get("/metrics")).body.decode()
        (count,) = re.findall(r"^parley_repeated_polls_total ([\d.]+)$", body, re.MULTILINE)
        return float(count)

    before = await repeated()
    async with Client(server.url + BASE_PATH) as client:
        cursor = json.loads((await client.get("/poll?hold_s=0")).body)["cursor"]
        address = urlsplit(server.url)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        for _ in "12":
            head = f"GET {BASE_PATH}/poll?hold_s=1&cursor={cursor} HTTP/1.1\r\nHost: a\r\n"
            writer.write(f"{head}Cookie: {client.cookie}\r\n\r\n".encode())
            answered = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = re.search(r"Content-Length: (\d+)", answered)
            assert length is not None
            cursor = json.loads(await reader.readexactly(int(length[1])))["cursor"]
        writer.close()
        await writer.wait_closed()
    assert await repeated() == before + 1


async def test_what_is_not_below_it_is_not_there(server: ServerProcess) -> None:
    async with Client(server.url) as client:
        for path in (
            "/",
            "/rooms/general",
            "/chatx",
            "/chatter/",
            "/static/css/base.css",
            "/Chat/",
        ):
            answer = await client.get(path)
            assert answer.code == 404, path
            assert f"below {BASE_PATH}/" in json.loads(answer.body)["message"]
        for path in ("/healthz", "/readyz", "/metrics", "/chat", "/chat?x", "/chat/healthz"):
            assert (await client.get(path)).code == 200, path


async def test_a_proxy_keeps_metrics_to_itself(root: str, url: str, server: ServerProcess) -> None:
    async with Client(url) as client:
        answer = await client.get("/metrics")
        assert answer.code == (200 if root == server.url else 404)
