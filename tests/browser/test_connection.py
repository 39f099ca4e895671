"""How the page gets through: what it says of it, what it falls back to, how it comes back."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.browser.guest import Guest
from tests.browser.window import STATUS, Window
from tests.support.server import ServerProcess, run_server

# Stand in for networks that are hostile to a transport: WebSockets never open …
SWALLOWED = "window.WebSocket = class extends EventTarget { close() {} send() {} };"
# … or open, let a little through, and are cut …
CUT = """
    const Real = window.WebSocket
    window.WebSocket = function (url) {
        const socket = new Real(url)
        const cut = () => setTimeout(() => socket.close(), 200)
        socket.addEventListener("message", cut, {once: true})
        return socket
    };
"""
# … and a proxy keeps the event stream for itself until it ends.
BUFFERED = "window.EventSource = class extends EventTarget { close() {} };"
# Notes what the page says when it asks how to connect.
OVERHEAR = """
    const real = window.fetch
    window.asked = []
    window.fetch = (url, init) => {
        if (url === "/negotiate") window.asked.push(JSON.parse(init.body))
        return real(url, init)
    }
"""


def test_being_offline_is_said_in_words_and_can_be_cut_short(
    window: Window, server: ServerProcess
) -> None:
    window.open()
    window.run("Math.random = () => 60")  # chance has it that it waits for a minute
    server.kill()
    window.until(lambda: "Offline: trying again in" in window.text("#status-text"))
    server.start()
    window.find("#try-now").click()
    window.is_connected("websocket")


@contextmanager
def running(window: Window, *scripts: str) -> Iterator[None]:
    """Have these scripts run before those of every page."""
    add = "Page.addScriptToEvaluateOnNewDocument"
    added = [window.driver.execute_cdp_cmd(add, {"source": script}) for script in scripts]
    try:
        yield
    finally:
        for script in added:
            window.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)


@pytest.mark.parametrize(
    ("hostility", "transport"),
    [
        pytest.param(SWALLOWED, "sse", id="websocket swallowed"),
        pytest.param(CUT, "sse", id="websocket cut"),
        pytest.param(SWALLOWED + BUFFERED, "longpoll", id="nothing streams"),
    ],
)
def test_what_does_not_get_through_gives_way_to_what_does(
    windows: tuple[Window, Window], hostility: str, transport: str
) -> None:
    ada, bob = windows
    bob.open()
    with running(ada, hostility):
        ada.driver.get(ada.server)
        bob.say("meanwhile")
        ada.is_connected(transport)
        ada.say("through")
        for window in windows:
            window.sees("meanwhile", "through")


def test_the_server_is_told_what_failed(window: Window) -> None:
    with running(window, SWALLOWED, OVERHEAR):
        window.driver.get(window.server)
        window.is_connected("sse")
        window.run("dispatchEvent(new Event('offline'))")
        window.until(lambda: window.run("return window.asked.length") == 2)
        first, second = (question["failed"] for question in window.run("return window.asked"))
        assert first == []
        assert [failure["transport"] for failure in second] == ["websocket"]
        assert second[0]["reason"].startswith("no hello in ")
        window.is_connected("sse")


def test_what_was_said_during_a_restart_of_the_server_is_there(
    windows: tuple[Window, Window], server: ServerProcess
) -> None:
    ada, bob = windows
    ada.open(transport="longpoll")
    bob.open(transport="sse")
    ada.say("before")
    bob.sees("before")
    server.kill()
    server.start()
    Guest(server.url).say("general", "meanwhile")
    ada.sees("before", "meanwhile")
    bob.sees("before", "meanwhile")


def test_an_orderly_stop_is_come_back_from(
    windows: tuple[Window, Window], server: ServerProcess
) -> None:
    for window, transport in zip(windows, STATUS, strict=False):
        window.open(transport=transport)
    assert server.stop() == 0
    server.start()
    for window, transport in zip(windows, STATUS, strict=False):
        window.is_connected(transport)


def test_a_log_that_began_anew_is_loaded_anew_and_the_draft_stays(
    window: Window, tmp_path: Path
) -> None:
    with run_server(tmp_path, SECRET="long enough to be secret") as server:
        window.server = server.url
        window.open()
        window.say("of the old log")
        window.sees("of the old log")
        window.write("a draft")
        server.kill()
        for file in tmp_path.iterdir():
            file.unlink()
        server.start()
        Guest(server.url).say("general", "of the new log")
        window.sees("of the new log")
        window.until(lambda: window.messages() == ["of the new log"])
        assert window.find("#text").get_attribute("value") == "a draft"
        window.driver.get("about:blank")
