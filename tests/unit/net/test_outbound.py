"""What is posted where others have said, and what a bad receiver can cost."""

import os
import socket
import ssl
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from unittest import IsolatedAsyncioTestCase
from unittest.mock import patch

import pytest

from chat.clock import SystemClock
from chat.net.outbound import Answer, NoAnswer, Outbound
from chat.net.public_addresses import ANYWHERE, Destinations, NotPublic
from tests.support.tls import make_certificate

TIMEOUT_S = 0.4


@contextmanager
def receiver(
    *pieces: bytes, pause_s: float = 0.0, stays: bool = False, tls: ssl.SSLContext | None = None
) -> Iterator[str]:
    """Answer one request with ``pieces``; yield its address. ``stays``: do not close then."""
    is_over = threading.Event()

    def serve() -> None:
        connection, _ = listening.accept()
        if tls is not None:
            connection = tls.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        with connection, suppress(OSError):  # they do not wait for all of it
            connection.recv(65536)
            for piece in pieces:
                connection.sendall(piece)
                is_over.wait(pause_s)
            if stays:
                is_over.wait(10)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/hook"
        finally:
            is_over.set()
            thread.join()


class TestOutbound(IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        self.outbound = Outbound(SystemClock(), ANYWHERE)
        self.addCleanup(self.outbound.stop)

    async def post(self, url: str) -> Answer:
        return await self.outbound.post(url, b"{}", {})

    async def test_the_status_counts_whatever_else_an_answer_has(self) -> None:
        ok = b"HTTP/1.1 200 OK\r\nContent-Length: "
        for pieces in (
            [ok + b"0\r\n\r\n"],
            [ok + b"10000000\r\n\r\n", b"x" * 1_000_000],
            [b"HTTP/1.1 200 OK\r\n\r\n", *[b"x" * 100_000] * 10],
            [ok + b"100\r\n\r\n", *[b"x"] * 99],
            [ok + b"5\r\n\r\n", b"xx"],
            [b"HTTP/1.1 103 Early Hints\r\n\r\n" + ok + b"0\r\n\r\n"],
        ):
            with receiver(*pieces, pause_s=0.02, stays=len(pieces) == 100) as url:
                assert (await self.post(url)).status == 200

    async def test_a_redirection_is_an_answer_and_not_followed(self) -> None:
        with receiver(
            b"HTTP/1.1 302 F\r\nLocation: http://[::1]/\r\nContent-Length: 0\r\n\r\n"
        ) as u:
            assert (await self.post(u)).status == 302

    async def test_what_never_answers_or_never_ends_takes_as_long_as_it_may(self) -> None:
        impatient = Outbound(SystemClock(), ANYWHERE, timeout_s=TIMEOUT_S)
        self.addCleanup(impatient.stop)
        for pieces in ([], [b"H"] * 500, [b"HTTP/1.1 200 OK\r\nX: ", *[b"x"] * 500]):
            with receiver(*pieces, pause_s=0.01, stays=True) as url:
                with pytest.raises(NoAnswer, match="it did not answer within 0.4 s"):
                    await impatient.post(url, b"{}", {})

    async def test_what_is_no_answer_is_said_in_words(self) -> None:
        for pieces, why in (
            ([], "it closed the connection"),
            ([b"SSH-2.0-OpenSSH\r\n"], "it closed the connection"),
            ([b"220 mail\r\n\r\n"], "its answer is not HTTP, or too long"),
            ([b"HTTP/1.1 100 C\r\n\r\n" * 99], "its answer is not HTTP, or too long"),
            ([b"HTTP/1.1 200 OK\r\nX: " + b"x" * 99_999], "its answer is not HTTP, or too long"),
        ):
            with receiver(*pieces) as url, pytest.raises(NoAnswer, match=why):
                await self.post(url)
        with receiver(b"SSH-2.0-OpenSSH\r\n") as url, pytest.raises(NoAnswer, match="speak TLS"):
            await self.post(url.replace("http:", "https:"))
        with pytest.raises(NoAnswer, match="there is no connection: "):
            await self.post("http://127.0.0.1:1/")
        with pytest.raises(NoAnswer, match="nothing.invalid is not found"):
            await self.post("http://nothing.invalid/")

    async def test_nothing_is_sent_to_addresses_of_ones_own_network(self) -> None:
        outbound = Outbound(SystemClock(), Destinations())
        self.addCleanup(outbound.stop)
        for url in (
            "https://127.0.0.1/", "https://localhost/", "https://[::1]/", "https://2130706433/",
            "https://169.254.169.254/latest", "https://[::ffff:10.0.0.1]/", "https://0/",
            "http://8.8.8.8/", "https://8.8.8.8:25/",
        ):  # fmt: skip
            with pytest.raises(NotPublic):
                await outbound.post(url, b"{}", {})

    async def test_a_certificate_must_be_valid_and_for_the_name(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            certificate = make_certificate(Path(folder))
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(certificate)
            asked: list[str | None] = []
            tls.sni_callback = lambda _, name, __: asked.append(name)
            ok = b"HTTP/1.1 204 No Content\r\n\r\n"
            with receiver(ok, tls=tls) as url, pytest.raises(NoAnswer, match="certificate"):
                await self.post(url.replace("http:", "https:"))
            # Read when the first connection is made.
            with patch.dict(os.environ, SSL_CERT_FILE=str(certificate)):
                trusting = Outbound(SystemClock(), ANYWHERE)
                self.addCleanup(trusting.stop)
                with receiver(ok, tls=tls) as url:
                    named = url.replace("http://127.0.0.1", "https://localhost")
                    assert (await trusting.post(named, b"{}", {})).status == 204
            assert asked[-1] == "localhost"
            with receiver(ok, tls=tls) as url, pytest.raises(NoAnswer, match="certificate"):
                await trusting.post(url.replace("http:", "https:"), b"{}", {})
