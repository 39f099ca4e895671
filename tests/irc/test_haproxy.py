"""A real haproxy in front, which ends TLS and says by the PROXY protocol who connects."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chat.net.proxies import Proxies
from tests.irc.test_connections import port_of, running
from tests.support.aio import in_a_loop
from tests.support.irc import IrcClient
from tests.support.tcp_haproxy import run_tcp_haproxy
from tests.support.tls import make_certificate


@contextmanager
def haproxy(folder: Path, backend: int, option: str) -> Iterator[tuple[int, ssl.SSLContext]]:
    """Run haproxy in front of ``backend``; yield its port, and a context that trusts it."""
    certificate = make_certificate(folder)
    with run_tcp_haproxy(folder, backend, option, bind=f"ssl crt {certificate}") as port:
        trusting = ssl.create_default_context(cafile=certificate)
        trusting.check_hostname = False
        yield port, trusting


@pytest.mark.parametrize("option", ["send-proxy", "send-proxy-v2"])
@in_a_loop(20)
async def test_limits_are_those_of_the_address_that_haproxy_names(
    tmp_path: Path, option: str
) -> None:
    proxies = Proxies.parse("127.0.0.1")
    async with running(tmp_path, proxies=proxies) as server:
        with haproxy(tmp_path, port_of(server), option) as (port, trusting):
            async with IrcClient.connect(port, ssl=trusting, local_addr=("127.0.0.2", 0)) as client:
                await client.come_in("behind")
                assert server.attachments.registry.count_at("127.0.0.2") == 1
                client.send("JOIN #behind")
                await client.expect(" 366 behind #behind ")
