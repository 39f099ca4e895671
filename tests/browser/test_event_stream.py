"""Browsers' own EventSource reads what our parsers are measured by as the vectors say."""

import threading
from collections.abc import Collection, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from selenium.webdriver import Chrome

from tests.browser.firefox import Tab
from tests.conformance.vectors import VECTORS

READ = """
const [name, types] = arguments
return new Promise((resolve) => {
  const events = []
  const source = new EventSource(name)
  for (const type of types)
    source.addEventListener(type, (e) => events.push([e.type, e.data, e.lastEventId]))
  source.onerror = () => { source.close(); resolve(events) }
})
"""
TYPES = sorted({type for vector in VECTORS.values() for type, *_ in vector.events} | {"x"})


class Streams(BaseHTTPRequestHandler):
    """An empty page, and each vector as a stream that ends."""

    def do_GET(self) -> None:
        vector = VECTORS.get(self.path[1:])
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream" if vector else "text/html")
        self.end_headers()
        self.wfile.write(vector.stream if vector else b"<!doctype html>")

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def streams() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Streams) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


# What Firefox reads otherwise than the text has it, and we never write: an id without data is not
# kept, and after an id with a NUL nothing comes.
NOT_IN_FIREFOX = {"no-data-no-event", "field-id-null"}


def expected(names: Collection[str]) -> dict[str, list[list[str]]]:
    return {name: [[*event] for event in VECTORS[name].events] for name in names}


def test_chromium_reads_them_so(browser: Chrome, streams: str) -> None:
    browser.get(streams)
    read = {name: browser.execute_script(READ, name, TYPES) for name in VECTORS}
    assert read == expected(VECTORS)
    browser.get_log("browser")


def test_firefox_reads_them_so(firefox: Tab, streams: str) -> None:
    tab = firefox.new_tab()
    tab.open(streams)
    names = VECTORS.keys() - NOT_IN_FIREFOX
    assert {name: tab.run(READ, name, TYPES) for name in names} == expected(names)
    tab.close()
