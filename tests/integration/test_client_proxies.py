"""The Python client by a forward proxy: a real squid."""

import asyncio
import re
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

from chat.client import Parley, Refused, State, connect
from chat.client.policy import TRANSPORTS
from tests.support.aio import in_a_loop
from tests.support.server import ROOT, ServerProcess, run_server
from tests.support.squid import HOST, PASSWORD, USER, Squid, run_squid
from tests.support.tls import make_certificate, run_tls_before, tls_before

LIMIT_S = 30
LOGIN = f"{USER}:{quote(PASSWORD, safe='')}"


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with run_server(RATE_LIMITS="off") as server:
        yield server
        assert not [line for line in server.log if " ERROR " in line]


@pytest.fixture(scope="module")
def squid() -> Iterator[Squid]:
    with run_squid() as squid:
        yield squid


@pytest.fixture
def url(server: ServerProcess) -> str:
    """Where only the proxy finds the server."""
    return f"http://{HOST}:{server.port}"


@pytest.fixture
def nowhere() -> Iterator[str]:
    """An address at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


async def talk(parley: Parley) -> None:
    """Have a message go up and come down."""
    await parley.send("general", "by the proxy")
    async for push in parley:
        if push.get("text") == "by the proxy" and push["user"] == parley.user:
            return


async def reason_of_waiting(url: str, **how: str) -> str:
    """Return why the client is not connected."""
    waiting: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def changed(parley: Parley) -> None:
        if parley.state is State.WAITING and not waiting.done():
            waiting.set_result(parley.reason)

    async def enter() -> None:
        async with connect(url, on_change=changed, **how):  # type: ignore[arg-type]
            raise AssertionError("connected")

    entering = asyncio.create_task(enter())
    reason = await waiting
    entering.cancel()
    await asyncio.wait([entering])
    return reason


@pytest.mark.parametrize("transport", TRANSPORTS)
@in_a_loop(LIMIT_S)
async def test_every_transport_goes_by_the_proxy(url: str, squid: Squid, transport: str) -> None:
    async with connect(url, transports=[transport], proxy=squid.open) as parley:
        assert parley.transport == transport
        await talk(parley)


@in_a_loop(LIMIT_S)
async def test_where_connect_is_refused_plain_requests_carry_it(url: str, squid: Squid) -> None:
    async with connect(url, proxy=squid.strict) as parley:
        assert parley.transport == "sse"
        refusal = f"the proxy {squid.strict} refuses CONNECT to {url[7:]}: 403 Forbidden"
        assert refusal in parley.reason
        await talk(parley)


@in_a_loop(LIMIT_S)
async def test_where_connect_is_refused_polling_works_by_itself(url: str, squid: Squid) -> None:
    how = ["websocket", "longpoll"]
    async with connect(url, transports=how, proxy=squid.strict) as parley:
        assert parley.transport == "longpoll"
        await talk(parley)


@pytest.mark.parametrize("transport", TRANSPORTS)
@in_a_loop(LIMIT_S)
async def test_a_password_is_given_to_a_proxy_that_wants_one(
    url: str, squid: Squid, transport: str
) -> None:
    proxy = f"http://{LOGIN}@{squid.closed}"
    async with connect(url, transports=[transport], proxy=proxy) as parley:
        assert parley.transport == transport
        await talk(parley)


@pytest.mark.parametrize("scheme", ["http", "https"])
@in_a_loop(LIMIT_S)
async def test_without_the_right_password_it_ends_and_says_what_is_wanted(
    url: str, squid: Squid, scheme: str
) -> None:
    url = url.replace("http", scheme)
    for login, complaint in (
        ("", f"the proxy {squid.closed} wants a user and password"),
        (f"{USER}:wrong@", f"the proxy {squid.closed} does not accept the user and password"),
    ):
        with pytest.raises(Refused, match=re.escape(complaint)) as refused:
            async with connect(url, proxy=f"http://{login}{squid.closed}"):
                raise AssertionError("connected")
        assert "wrong" not in refused.value.message


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@in_a_loop(LIMIT_S)
async def test_https_goes_through_the_proxy_and_is_read_by_the_server_alone(
    server: ServerProcess, squid: Squid, certificate: Path
) -> None:
    trust = ssl.create_default_context(cafile=certificate)
    proxy = f"http://{LOGIN}@{squid.closed}"
    with run_tls_before(server.port, certificate) as url:
        async with connect(url, tls=trust, proxy=proxy) as parley:
            assert parley.transport == "websocket"
            await talk(parley)
        for transport in TRANSPORTS[1:]:
            async with connect(url, transports=[transport], tls=trust, proxy=proxy) as parley:
                await talk(parley)
        reason = await reason_of_waiting(url, proxy=squid.strict)
        assert reason.startswith(f"the proxy {squid.strict} refuses CONNECT to localhost:")
        untrusted = await reason_of_waiting(url, proxy=squid.open)
        assert untrusted.startswith("the server can't be reached: its certificate is not")


@in_a_loop(LIMIT_S)
async def test_a_proxy_is_spoken_to_over_tls_where_its_address_says_so(
    server: ServerProcess, squid: Squid, certificate: Path, url: str
) -> None:
    trust = ssl.create_default_context(cafile=certificate)
    port = int(squid.closed.rpartition(":")[2])
    with pytest.MonkeyPatch.context() as patch, run_tls_before(server.port, certificate) as https:
        patch.setenv("SSL_CERT_FILE", str(certificate))
        async with tls_before(port, certificate) as proxy:
            proxy = proxy.replace("//", f"//{LOGIN}@")
            for transport in ("websocket", "sse"):
                for where, tls in ((url, None), (https, trust)):
                    talk_by = connect(where, transports=[transport], tls=tls, proxy=proxy)
                    async with talk_by as parley:
                        await talk(parley)


@in_a_loop(LIMIT_S)
async def test_a_proxy_or_a_server_that_is_away_is_told_from_the_other(
    squid: Squid, nowhere: str
) -> None:
    direct = await reason_of_waiting(nowhere, proxy="")
    assert direct == "the server can't be reached: connection refused"
    without = await reason_of_waiting(f"http://{HOST}", proxy=nowhere)
    assert without == f"the proxy {nowhere[7:]} can't be reached: connection refused"
    behind = await reason_of_waiting(nowhere, proxy=squid.open)
    assert behind.startswith(f"503 Service Unavailable by way of the proxy {squid.open}")


@asynccontextmanager
async def program(url: str, **env: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the chat in a terminal with ``env`` alone; it is killed at the end."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "chat.client", "general", "--url", url),
        cwd=ROOT,
        env=env,
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def first_news(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    while (line := (await process.stderr.readline()).decode()) == "* connecting …\n":
        pass
    return line


@in_a_loop(LIMIT_S)
async def test_the_environment_says_which_proxy_and_for_whom_none(
    server: ServerProcess, squid: Squid, url: str, nowhere: str
) -> None:
    for where, env, news in (
        (url, {"http_proxy": squid.open, "no_proxy": "example.org"}, "connected over WebSocket"),
        (server.url, {"http_proxy": nowhere, "no_proxy": "10.0.0.0/8,127.0.0.1"}, "connected"),
        # As with curl: localhost is a name like others.
        (server.url, {"ALL_PROXY": nowhere}, f"not connected: the proxy {nowhere[7:]} can't be"),
        (url, {"http_proxy": squid.closed}, f"the proxy {squid.closed} wants a user and password"),
        (url, {"http_proxy": f"socks5://{USER}:wrong@{squid.open}"}, "a proxy is reached by http"),
    ):
        async with program(where, **env) as process:
            assert (await first_news(process)).startswith(f"* {news}")
