"""The example of docs/embedding.md, as it stands, in two browsers."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

from tests.browser.window import Window
from tests.support.server import ROOT, ServerProcess

EXAMPLE = ROOT / "docs/examples/embedded.html"
# Another page of the same origin, as behind a site's own proxy: a page of Parley's without
# scripts is turned into it.
EMBED = """
    document.open()
    document.write(arguments[0])
    document.close()
"""


@pytest.fixture
def pages(windows: tuple[Window, Window], server: ServerProcess) -> Iterator[tuple[Window, Window]]:
    for window in windows:
        window.driver.get(f"{server.url}/healthz")
        window.run(EMBED, Path(EXAMPLE).read_text())
        window.shows("#how", "connected websocket")
    yield windows


def test_two_embedded_pages_talk(pages: tuple[Window, Window]) -> None:
    ada, bob = pages
    for window, text in ((ada, "from one"), (bob, "from the other")):
        window.find("[name=text]").send_keys(text, Keys.ENTER)
        for page in pages:
            page.until(lambda p=page, t=text: t in p.text("#log"))
    for page in pages:
        assert page.run("return document.querySelectorAll('#log li').length") == 2
