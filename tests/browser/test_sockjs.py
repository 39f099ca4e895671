"""sockjs-client in a page of ours, in real browsers, by each way that it knows."""

from collections.abc import Callable
from typing import Any

import pytest
from selenium.webdriver import Chrome

from tests.browser.firefox import Tab
from tests.browser.guest import Guest
from tests.support.server import ServerProcess
from tests.support.sockjs import FOLDER, TRANSPORTS

LIBRARY = (FOLDER / "node_modules/sockjs-client/dist/sockjs.min.js").read_text()
OPEN = """
const [transport] = arguments
window.heard = []
window.socket = new SockJS("/sockjs", null, { transports: [transport] })
socket.onmessage = ({ data }) => { heard.push(JSON.parse(data)); window.look?.() }
"""
UNTIL = """
const [type, text] = arguments
return new Promise((resolve) => {
  window.look = () => {
    const found = heard.find((push) => push.type === type && (!text || push.text === text))
    if (found) resolve([socket.transport, found])
  }
  look()
})
"""
SEND = "socket.send(JSON.stringify(arguments[0]))"
TEXT = "100% of </script> é 😀 %41"

Run = Callable[..., Any]


def chat(run: Run, server: ServerProcess, transport: str) -> None:
    guest = Guest(server.url)
    run(LIBRARY + OPEN, transport)
    used, hello = run(UNTIL, "hello", None)
    assert (used, hello["transport"]) == (transport, "sockjs")
    run(SEND, {"type": "send", "room": "general", "text": TEXT, "key": "k"})
    run(UNTIL, "message", TEXT)
    assert guest.texts("general") == [TEXT]
    guest.say("general", "from elsewhere " + TEXT)
    run(UNTIL, "message", "from elsewhere " + TEXT)
    run("socket.close()")


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_chromium_chats(browser: Chrome, server: ServerProcess, transport: str) -> None:
    browser.get(f"{server.url}/sockjs")
    chat(browser.execute_script, server, transport)
    browser.get("about:blank")


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_firefox_chats(firefox: Tab, server: ServerProcess, transport: str) -> None:
    tab = firefox.new_tab()
    tab.open(f"{server.url}/sockjs")
    chat(tab.run, server, transport)
    tab.close()
