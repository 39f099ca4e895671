"""Networks that break transports, each in its own way, before two browsers."""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import cast

import pytest
from selenium.webdriver import Chrome

from tests.browser.firefox import Tab
from tests.browser.guest import Guest
from tests.browser.window import SAY, STATUS, Window
from tests.support.hostile import HostileNetwork, Mode, run_hostile
from tests.support.server import ServerProcess, run_server

RTT_MS = 50
# The letters are those of the modes' usual list; what carries in the end. How soon is measured by
# `make bench-networks`.
NETWORKS = {
    "a": (Mode.WEBSOCKET_REFUSED, "sse"),
    "b": (Mode.WEBSOCKET_SWALLOWED, "sse"),
    "c": (Mode.WEBSOCKET_MUTE, "sse"),
    "d": (Mode.STREAM_HELD, "websocket"),
    "e": (Mode.WEBSOCKET_DIES, "sse"),
    "f": (Mode.MUTE_AND_HELD, "longpoll"),
    "g": (Mode.CUT_AFTER, "websocket"),
    "h": (Mode.HTTP_1_0, "sse"),
    "i": (Mode.POSTS_DELAYED, "websocket"),
    "j": (Mode.HELD_64_KIB, "longpoll"),
}
# What the page is given, in the order in which it is.
RECORD = """
    return import(document.querySelector("script[async]").src).then(({ parley }) => {
        window.heard = []
        parley.on("message", ({ text }) => window.heard.push(text))
    })
"""
COUNT_BEATS = """
    return import(document.querySelector("script[async]").src).then(({ parley }) => {
        window.beats = 0
        parley.on("heartbeat", () => window.beats++)
    })
"""
TALK = """
    const [name, count, every_ms] = arguments
    window.said = 0
    const talking = setInterval(() => {
        const field = document.querySelector("#text")
        field.value = `${name} ${window.said++}`
        field.dispatchEvent(new InputEvent("input", { bubbles: true }))
        document.querySelector("#composer").requestSubmit()
        if (window.said === count) clearInterval(talking)
    }, every_ms)
"""


@pytest.fixture
def server() -> Iterator[ServerProcess]:
    with run_server(RATE_LIMITS="off") as server:
        yield server


@pytest.fixture
def firefox_page(firefox: Tab) -> Iterator[Window]:
    tab = firefox.new_tab()
    yield Window(cast(Chrome, tab))
    tab.close()


@pytest.fixture(params=["chromium", "firefox"])
def page(request: pytest.FixtureRequest, server: ServerProcess) -> Window:
    """A window of either browser, without what needs elements or a mouse."""
    name = "window" if request.param == "chromium" else "firefox_page"
    window: Window = request.getfixturevalue(name)
    return window


@pytest.mark.parametrize("letter", NETWORKS)
def test_the_page_gets_through(page: Window, server: ServerProcess, letter: str) -> None:
    mode, transport = NETWORKS[letter]
    guest = Guest(server.url)
    with run_hostile(server.port, mode=mode, rtt_ms=RTT_MS) as network:
        page.driver.get(network.url)
        page.is_connected(transport)
        page.run(SAY, "from the page")
        page.until(lambda: "from the page" in page.messages())
        guest.say("general", "from elsewhere")
        page.sees("from the page", "from elsewhere")
        page.driver.get("about:blank")
    assert guest.texts("general")[-2:] == ["from the page", "from elsewhere"]


EACH = 40  # messages of each who talks
EVERY_S = 0.3  # so that the networks change for 12 s and more
SEED = 5


def test_a_network_that_breaks_and_heals_at_random_loses_repeats_and_reorders_nothing(
    window: Window, firefox_page: Window, server: ServerProcess
) -> None:
    """Before two browsers in one room, each on a network of its own."""
    dice = random.Random(SEED)
    guest = Guest(server.url)
    pages = {"chromium": window, "firefox": firefox_page}
    texts = {name: [f"{name} {number}" for number in range(EACH)] for name in (*pages, "guest")}
    with ExitStack() as stack:
        networks = []
        for page in pages.values():
            networks.append(stack.enter_context(run_hostile(server.port, rtt_ms=RTT_MS)))
            page.driver.get(networks[-1].url)
            page.is_connected("websocket")
            page.run(RECORD)
        for name, page in pages.items():
            page.run(TALK, name, EACH, 1000 * EVERY_S)
        talking = threading.Thread(
            target=lambda: [
                time.sleep(EVERY_S) or guest.say("general", said) for said in texts["guest"]
            ]
        )
        talking.start()
        break_and_heal(networks, dice, talking)
        talking.join()
        for network in networks:
            network.become(Mode.FRIENDLY)
        healed_at = time.monotonic()
        for page in pages.values():
            page.until(
                lambda page=page: page.run("return window.heard.length") >= 3 * EACH,
                "not all came",
                # It waits up to 30 s before it tries again, and has come to that by now; then what
                # waits goes one by one, a round trip each, beside whatever else the machine does.
                within_s=300,
            )
        log = guest.texts("general", 3 * EACH)
        for name, said in texts.items():
            assert [text for text in log if text.startswith(name)] == said
        for name, page in pages.items():
            assert page.run("return window.heard") == log
            shown = page.messages()
            assert shown == log[-len(shown) :]
            page.shows("#status-text", STATUS["websocket"], within_s=180)
            back_s = time.monotonic() - healed_at
            print(f"{name} back on WebSocket {back_s:.1f} s after its network healed")
            page.driver.get("about:blank")


def break_and_heal(
    networks: list[HostileNetwork], dice: random.Random, until: threading.Thread
) -> None:
    """Change each network every second or two for as long as ``until`` runs."""
    while until.is_alive():
        dice.choice(networks).become(dice.choice([*Mode, Mode.FRIENDLY, Mode.FRIENDLY]))
        until.join(dice.uniform(0.5, 2) / len(networks))


def test_a_dead_link_is_noticed_within_30_s_on_every_transport(
    tabs: Window, server: ServerProcess
) -> None:
    window, handles = tabs, {}
    with run_hostile(server.port, rtt_ms=RTT_MS) as network:
        for transport in STATUS:
            if handles:
                window.driver.switch_to.new_window("tab")
            window.driver.get(f"{network.url}/?transports={transport}&tabs=own")
            window.is_connected(transport)
            handles[transport] = window.driver.current_window_handle
        network.become(Mode.SWALLOW_ALL)
        died_at = time.monotonic()
        for handle in handles.values():
            window.driver.switch_to.window(handle)
            window.until(
                lambda: not window.text("#status-text").startswith("Connected over"), within_s=30
            )
        assert time.monotonic() - died_at <= 30
        network.become(Mode.FRIENDLY)
        for transport, handle in handles.items():
            window.driver.switch_to.window(handle)
            window.is_connected(transport)


COUNT_STATES = """
    return import(document.querySelector("script[async]").src).then(({ parley }) => {
        window.states = []
        parley.on("status", ({ state }) => window.states.push(state))
    })
"""


def test_proxies_that_cut_what_is_idle_or_of_an_age_are_learnt(
    windows: tuple[Window, Window], server: ServerProcess
) -> None:
    quiet, old = windows
    with (
        run_hostile(server.port, mode=Mode.IDLE_CUT, idle_s=8, rtt_ms=RTT_MS) as idle_cut,
        run_hostile(server.port, mode=Mode.CUT_AFTER, cut_after_s=7, rtt_ms=RTT_MS) as age_cut,
    ):
        quiet.driver.get(f"{idle_cut.url}/?transports=sse")
        old.driver.get(age_cut.url)
        quiet.is_connected("sse")
        old.is_connected("websocket")
        # Cut once in the longest silence it had, it asks for heartbeats that are closer together.
        quiet.until(lambda: idle_cut.requests["/events"] >= 2, within_s=180)
        quiet.is_connected("sse")
        quiet.run(COUNT_BEATS)
        # Cut nevertheless, and at the same age, it has the next one ready in time from then on.
        old.until(lambda: age_cut.upgrades >= 4, within_s=180)
        old.is_connected("websocket")
        old.run(COUNT_STATES)
        quiet.until(lambda: quiet.run("return window.beats") >= 3, within_s=180)
        assert idle_cut.requests["/events"] == 2
        old.until(lambda: age_cut.upgrades >= 7, within_s=180)
        assert set(old.run("return window.states")) == {"connected"}
        for window in windows:
            window.driver.get("about:blank")
