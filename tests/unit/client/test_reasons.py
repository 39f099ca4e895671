import errno
import os
import socket
import ssl

import pytest

from chat.client.reasons import why

TWO = "Multiple exceptions: [Errno 111] Connect call failed ('::1', 8000, 0, 0), [Errno 111] …"


def tls_error() -> ssl.SSLError:
    """Return what a server that speaks plain HTTP gives."""
    answer = ssl.MemoryBIO()
    answer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    tls = ssl.create_default_context().wrap_bio(answer, ssl.MemoryBIO(), server_hostname="a.test")
    with pytest.raises(ssl.SSLError) as refusal:
        tls.do_handshake()
    return refusal.value


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed"), "connection refused"),
        (OSError(TWO.replace("111", str(errno.ECONNREFUSED))), "connection refused"),
        (OSError(errno.ENETUNREACH, "…"), "network is unreachable"),
        (socket.gaierror(socket.EAI_NONAME, "…"), "there is no host of its name"),
        (socket.gaierror(socket.EAI_AGAIN, "…"), "its name can't be looked up now"),
        (EOFError(), "the connection broke off"),
        (ConnectionResetError(), "the connection broke off"),
        (TimeoutError(), "no answer came in time"),
        (EOFError("the answer broke off"), "the answer broke off"),
        (tls_error(), "it speaks no TLS that we know: WRONG_VERSION_NUMBER"),
    ],
)
def test_people_read_no_numbers(error: Exception, words: str) -> None:
    assert why(error).startswith(words)
    assert "Errno" not in why(error) and os.linesep not in why(error)
