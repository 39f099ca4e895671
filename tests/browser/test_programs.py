"""Programs as people meet them: a webhook is made on the page, and what it says is marked."""

import json
import urllib.request

from selenium.webdriver import Chrome

from tests.browser.conftest import forget_everything
from tests.browser.person import Person
from tests.support.server import ServerProcess

SECRET = "return [...document.querySelectorAll('dialog[open] input[readonly]')].at(-1)?.value"
MARKED = """
    return [...document.querySelectorAll("#messages .author .bot")].at(-1)?.textContent
"""


def test_a_webhook_is_made_and_what_it_says_is_marked(
    browser: Chrome, server: ServerProcess
) -> None:
    forget_everything(browser)
    ada = Person(browser, server.url)
    ada.enter()
    ada.perform({"type": "create", "title": "Builds", "access": "private"})
    ada.go_to("Builds")
    ada.press_on("#about-room")
    ada.press_on("dialog[open] button", "Add a webhook…")
    ada.fill("dialog[open] [name=name]", "Deploys")
    ada.submit()
    ada.until(lambda: "/hooks/" in str(ada.run(SECRET)), "there is no address")
    address = str(ada.run(SECRET))
    ada.close_dialogs()
    with urllib.request.urlopen(said(address, "**7.1** is deployed")) as answer:
        assert answer.read() == b"ok"
    ada.sees("7.1 is deployed")
    assert ada.run(MARKED) == "bot"
    ada.press_on("#about-room")
    ada.until(lambda: "last used" in ada.text("dialog[open]"), "no use is shown")
    ada.in_row("Deploys", "End it")
    ada.until(lambda: "Deploys" not in ada.text("dialog[open]"), "it is still there")
    assert json.loads(ada.api("GET", f"/api{ada.address}/hooks")) == {"hooks": []}
    ada.close_dialogs()
    ada.enter(ada.address)  # as the server shows it at first, it is marked, too
    assert ada.run(MARKED) == "bot"


def said(address: str, text: str) -> urllib.request.Request:
    """Return the request by which another service says ``text``."""
    body = json.dumps({"text": text}).encode()
    return urllib.request.Request(address, body, {"Content-Type": "application/json"})
