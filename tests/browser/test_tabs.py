"""One connection for all tabs of a browser, however the browser can share it."""

import json
from collections.abc import Iterator

import pytest

from tests.browser.guest import Guest
from tests.browser.window import STATUS, Window
from tests.support.hostile import HostileNetwork, run_hostile
from tests.support.server import ServerProcess

# More than the six connections that a browser opens to a host by HTTP/1.1. Of three, too, it shows
# that they have one.
TABS = {"worker": 7, "leader": 3}


@pytest.fixture
def network(server: ServerProcess) -> Iterator[HostileNetwork]:
    """A friendly one, which counts."""
    with run_hostile(server.port, rtt_ms=2) as network:
        yield network


def open_tabs(window: Window, url: str, count: int, transport: str) -> list[str]:
    """Open ``url`` in so many tabs; return their handles when all are connected."""
    handles = []
    for number in range(count):
        if number > 0:
            window.driver.switch_to.new_window("tab")
        window.driver.get(url)
        window.is_connected(transport)
        handles.append(window.driver.current_window_handle)
    return handles


def each(window: Window, handles: list[str]) -> Iterator[Window]:
    for handle in handles:
        window.driver.switch_to.window(handle)
        yield window


@pytest.mark.parametrize("sharing", TABS)
def test_tabs_on_events_are_all_live_by_one_connection(
    tabs: Window, server: ServerProcess, network: HostileNetwork, sharing: str
) -> None:
    url = f"{network.url}/?transports=sse&tabs={sharing}"
    handles = open_tabs(tabs, url, TABS[sharing], "sse")
    Guest(server.url).say("general", "to all of you")
    for tab in each(tabs, handles):
        tab.sees("to all of you")
    texts = ["to all of you"]
    # The first has begun the connection; of the others, each is like the last.
    for number, tab in enumerate(each(tabs, [handles[0], handles[-1]])):
        texts.append(f"from tab {number}")
        tab.say(texts[-1])
        tab.sees(*texts)
    for tab in each(tabs, handles):
        tab.sees(*texts)
        tab.shows("#count", "1 here")
    assert network.requests["/events"] == 1


# What shares a connection does not know by which transport it is.
@pytest.mark.parametrize(
    ("transport", "sharing"), [*zip(STATUS, ["worker", "leader", "worker"], strict=True)]
)
def test_the_others_go_on_when_the_tab_that_began_is_closed(
    tabs: Window, server: ServerProcess, network: HostileNetwork, sharing: str, transport: str
) -> None:
    url = f"{network.url}/?transports={transport}&tabs={sharing}"
    first, *others = open_tabs(tabs, url, 3, transport)
    tabs.driver.switch_to.window(first)
    tabs.driver.close()
    Guest(server.url).say("general", "meanwhile")
    for number, tab in enumerate(each(tabs, others)):
        tab.sees("meanwhile", *(f"from tab {n}" for n in range(number)))
        tab.say(f"from tab {number}")
        tab.sees("meanwhile", *(f"from tab {n}" for n in range(number + 1)))


def test_a_tab_that_comes_late_has_what_came_while_it_was_loading(
    tabs: Window, server: ServerProcess, network: HostileNetwork
) -> None:
    guest = Guest(server.url)
    first, second = open_tabs(tabs, network.url, 2, "websocket")
    # Kept for the Back button, or so it seems to it, a tab leaves; back again, it has it all.
    tabs.run("dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))")
    guest.say("general", "one", "two")
    tabs.driver.switch_to.window(first)
    tabs.sees("one", "two")
    tabs.driver.switch_to.window(second)
    assert tabs.messages() == []
    tabs.run("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    tabs.sees("one", "two")
    guest.say("general", "three")
    tabs.sees("one", "two", "three")


def test_a_name_taken_in_one_tab_is_taken_in_all(tabs: Window, network: HostileNetwork) -> None:
    handles = open_tabs(tabs, network.url, 2, "websocket")
    tabs.call_me("Ada")
    for tab in each(tabs, handles):
        tab.shows("#my-name", "Ada")


def test_a_browser_without_workers_and_locks_has_a_connection_for_each_tab(
    tabs: Window, server: ServerProcess, network: HostileNetwork
) -> None:
    handles = open_tabs(tabs, f"{network.url}/?tabs=own", 3, "websocket")
    Guest(server.url).say("general", "hello")
    for tab in each(tabs, handles):
        tab.sees("hello")
    assert network.upgrades == 3


# A tab that nobody sees, with a desktop that keeps what it is given for all tabs to see.
UNSEEN = """
    Object.defineProperty(Document.prototype, "hidden", {get: () => true})
    // As in a private window: else the service worker shows it, which test_push.py looks at.
    Object.defineProperty(Navigator.prototype, "serviceWorker", {get: () => undefined})
    window.Notification = class {
        static permission = "granted"
        constructor(title, { body }) {
            const shown = JSON.parse(localStorage.getItem("shown") ?? "[]")
            localStorage.setItem("shown", JSON.stringify([...shown, `${title}: ${body}`]))
        }
    }
"""


@pytest.mark.parametrize("sharing", ["worker", "leader"])
def test_a_mention_is_notified_once_however_many_tabs_there_are(
    tabs: Window, server: ServerProcess, network: HostileNetwork, sharing: str
) -> None:
    add = "Page.addScriptToEvaluateOnNewDocument"
    tabs.driver.get(network.url)
    tabs.is_connected("websocket")
    tabs.call_me("Ada")
    handles = []
    for _ in range(3):
        tabs.driver.switch_to.new_window("tab")
        tabs.driver.execute_cdp_cmd(add, {"source": UNSEEN})
        tabs.driver.get(f"{network.url}/?tabs={sharing}")
        tabs.is_connected("websocket")
        handles.append(tabs.driver.current_window_handle)
    tabs.driver.switch_to.window(tabs.driver.window_handles[0])
    tabs.driver.get("about:blank")
    guest = Guest(server.url)
    guest.say("general", "@Ada, look", "that was all")
    for tab in each(tabs, handles):
        tab.sees("@Ada, look", "that was all")
    (shown,) = json.loads(tabs.run("return localStorage.getItem('shown')"))
    assert shown.endswith(" · #general: @Ada, look")


# A phone's page that nobody sees; its minute is over at once.
PHONE = """
    Object.defineProperty(NavigatorUAData.prototype, "mobile", {get: () => true})
    Object.defineProperty(Document.prototype, "hidden", {get: () => window.isHidden === true})
    const later = window.setTimeout
    window.setTimeout = (work, ms, ...more) => later(work, ms === 60_000 ? 100 : ms, ...more)
    window.turn = (isHidden) => {
        window.isHidden = isHidden
        document.dispatchEvent(new Event("visibilitychange"))
    }
"""


def test_a_phone_in_a_pocket_polls_now_and_then_and_is_back_when_it_is_looked_at(
    window: Window, server: ServerProcess, network: HostileNetwork
) -> None:
    added = window.driver.execute_cdp_cmd(
        "Page.addScriptToEvaluateOnNewDocument", {"source": PHONE}
    )
    try:
        window.driver.get(f"{network.url}/?tabs=own")
        window.is_connected("websocket")
        window.run("turn(true)")
        window.shows("#status-text", "Connected, and saving power")
        Guest(server.url).say("general", "in a pocket")
        window.sees("in a pocket")
        assert network.upgrades == 1
        window.run("turn(false)")
        window.is_connected("websocket")
        assert network.upgrades == 2
        window.say("looked at")
        window.sees("in a pocket", "looked at")
    finally:
        remove = "Page.removeScriptToEvaluateOnNewDocument"
        window.driver.execute_cdp_cmd(remove, added)
