"""The examples for proxies in deploy/ pass on what is true, and nothing that a client made up."""

import json
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

from tests.support.haproxy import run_haproxy
from tests.support.nginx import run_nginx

# What proxies and frameworks have been seen to believe.
MADE_UP = (
    "Client-IP", "Forwarded", "Front-End-Https", "True-Client-IP", "X-Client-IP",
    "X-Cluster-Client-IP", "X-Forwarded", "X-Forwarded-By", "X-Forwarded-For", "X-Forwarded-Host",
    "X-Forwarded-Path", "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Forwarded-Proto",
    "X-Forwarded-Protocol", "X-Forwarded-Scheme", "X-Forwarded-Server", "X-Forwarded-Ssl",
    "X-Forwarded-Uri", "X-Forwarded-User", "X-Host", "X-Original-Forwarded-For", "X-Original-Host",
    "X-Original-URL", "X-ProxyUser-Ip", "X-Real-IP", "X-Rewrite-URL", "X-Scheme", "X-Url-Scheme",
)  # fmt: skip


class Echo(BaseHTTPRequestHandler):
    """Answers with what has come."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = json.dumps({"path": self.path, "headers": self.headers.items()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def instance() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module", params=["nginx", "haproxy"])
def proxy(request: pytest.FixtureRequest, instance: int) -> Iterator[str]:
    if request.param == "nginx":
        with run_nginx([instance]) as url:
            yield url
    else:
        with run_haproxy([instance]) as haproxy:
            yield haproxy.url


def ask(url: str, path: str, *headers: tuple[str, str], method: str = "GET") -> tuple[int, bytes]:
    connection = HTTPConnection(urlsplit(url).netloc, timeout=10)
    connection.putrequest(method, path)
    for name, value in headers:
        connection.putheader(name, value)
    connection.endheaders()
    with connection.getresponse() as answer:
        body = answer.read()
    connection.close()
    return answer.status, body


def passed_on(url: str, *headers: tuple[str, str]) -> list[tuple[str, str]]:
    """Return the headers that reach an instance, their names in lower case."""
    status, body = ask(url, "/", *headers)
    assert status == 200
    return [(name.lower(), value) for name, value in json.loads(body)["headers"]]


def test_nothing_that_a_client_says_of_where_it_comes_from_reaches_an_instance(proxy: str) -> None:
    made_up = [(name, "https, 203.0.113.9") for name in MADE_UP]
    made_up += [(name.lower(), "again") for name in MADE_UP]  # in two lines, in any case
    names = {name.lower() for name in MADE_UP}
    found = [(name, value) for name, value in passed_on(proxy, *made_up) if name in names]
    assert sorted(found) == [("x-forwarded-for", "127.0.0.1"), ("x-forwarded-proto", "http")]


def test_the_same_is_said_of_who_says_nothing(proxy: str) -> None:
    headers = passed_on(proxy, ("Cookie", "a=1"), ("Origin", proxy))
    assert ("x-forwarded-for", "127.0.0.1") in headers
    assert ("x-forwarded-proto", "http") in headers
    assert ("cookie", "a=1") in headers and ("origin", proxy) in headers
    assert ("host", urlsplit(proxy).netloc) in headers


@pytest.mark.parametrize("path", ["/metrics", "/metrics?x", "/%6detrics", "/%6Detrics?"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
def test_metrics_are_for_who_asks_the_instances_themselves(
    proxy: str, path: str, method: str
) -> None:
    status, body = ask(proxy, path, ("Content-Length", "0"), method=method)
    assert status == 404
    assert b"headers" not in body


@pytest.mark.parametrize("path", ["/rooms/metrics", "/metricsx", "/api/rooms/metrics/messages"])
def test_what_only_has_the_word_in_it_is_served(proxy: str, path: str) -> None:
    status, body = ask(proxy, path)
    assert (status, json.loads(body)["path"]) == (200, path)
