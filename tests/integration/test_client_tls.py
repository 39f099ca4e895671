"""The Python client over HTTPS."""

import asyncio
import ssl
from pathlib import Path

import pytest

from chat.client import Parley, State, connect
from chat.client.policy import TRANSPORTS
from tests.support.aio import in_a_loop
from tests.support.server import run_server
from tests.support.tls import make_certificate, tls_before


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for localhost, signed by itself, with its key in the same file."""
    return make_certificate(tmp_path_factory.mktemp("tls"))


@in_a_loop(30)
async def test_every_transport_goes_over_https(certificate: Path) -> None:
    trust = ssl.create_default_context(cafile=certificate)
    with run_server(BEHIND_PROXY="on") as server:
        async with tls_before(server.port, certificate) as url:
            for transport in TRANSPORTS:
                async with connect(url, transports=[transport], tls=trust) as parley:
                    assert parley.transport == transport
                    await parley.send("general", "in secret")
                    async for push in parley:
                        if push.get("text") == "in secret":
                            break


@in_a_loop(30)
async def test_a_certificate_that_nobody_vouches_for_is_not_trusted(certificate: Path) -> None:
    waiting = asyncio.Event()
    reasons: list[str] = []

    def changed(parley: Parley) -> None:
        if parley.state is State.WAITING:
            reasons.append(parley.reason)
            waiting.set()

    with run_server() as server:
        async with tls_before(server.port, certificate) as url:

            async def enter() -> None:
                async with connect(url, on_change=changed):
                    raise AssertionError("connected")

            entering = asyncio.create_task(enter())
            await waiting.wait()
            entering.cancel()
            await asyncio.wait([entering])
            assert entering.cancelled()
            assert "its certificate is not to be trusted: self-signed certificate" in reasons[0]
