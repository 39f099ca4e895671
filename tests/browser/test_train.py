"""A person on a train: the network turns from fault to fault; nothing is lost, or untrue."""

import bisect
import itertools
import random
import threading
import time
from datetime import datetime
from typing import Any

import pytest

from tests.browser.given_files import CHIPS, give
from tests.browser.guest import Guest
from tests.browser.person import SAY, Person
from tests.browser.window import STATUS, Window
from tests.support.hostile import HostileNetwork, Mode, run_hostile
from tests.support.server import ServerProcess, run_server

TURN_S = 3.0
TURNS = 40  # two minutes
SEED = 7
# Who reloads without a network sees the browser's own page; who reloads while cookies are dropped
# comes as somebody else, which no page could know.
NO_RELOAD = {Mode.DOWN, Mode.SWALLOW_ALL, Mode.COOKIES_DROPPED}
# A dead link is noticed within 30 s; the rest is for a busy machine.
NOTICED_S = 30 + 5

# Keeps what the page says, four times a second, also over a reload; each by itself, for all of it
# is a megabyte in the end.
WATCH = """
    window.watching ??= setInterval(() => {
        const shown = [...document.querySelectorAll("#messages .message")].map((e) => [
            e.querySelector(".body").textContent.trim(),
            e.dataset.offset ? "logged"
                : e.querySelector(".delivery--failed") ? "failed" : "waiting",
        ])
        const said = {
            at_ms: Date.now(), status: document.querySelector("#status-text").textContent, shown,
        }
        sessionStorage.setItem(`said ${said.at_ms}`, JSON.stringify(said))
    }, 250)
"""
SAID = """
    const keys = Object.keys(sessionStorage).filter((key) => key.startsWith("said "))
    return keys.sort().map((key) => JSON.parse(sessionStorage.getItem(key)))
"""

# What a person does whose picture could not be uploaded: try again, and then send the message.
INSIST = """
    const again = document.querySelector(".attachment__retry")
    const isReady = document.querySelector("#text-problem").textContent !== ""
        && [...document.querySelectorAll(".attachment")].every((e) => e.dataset.state === "ready")
    if (again) again.click()
    else if (isReady) document.querySelector("#composer").requestSubmit()
    return document.querySelector("#text").value === ""
"""
# What a search finds, asked for once.
SEARCH = """
    const [text] = arguments
    const field = document.querySelector(".switcher input")
    if (!field) {
        document.querySelector("#find").click()
        return []
    }
    if (field.value !== text) {
        field.value = text
        field.dispatchEvent(new InputEvent("input", { bubbles: true }))
    }
    return [...document.querySelectorAll(".option__found")].map((e) => e.textContent)
"""
# The names of the files of each message shown, and whether all pictures have come.
PICTURES = """
    const pictures = [...document.querySelectorAll("#messages .picture img")]
    return [pictures.map((e) => e.alt), pictures.every((e) => e.complete && e.naturalWidth > 0)]
"""


@pytest.fixture
def server() -> Any:
    with run_server(RATE_LIMITS="off") as server:
        yield server


def test_thirty_messages_and_three_pictures_from_a_train(
    window: Window, server: ServerProcess
) -> None:
    platform = Guest(server.url)
    with run_hostile(server.port, rtt_ms=100) as network:
        ada = Person(window.driver, network.url)
        ada.enter()
        ada.run(WATCH)
        for text in ("to be corrected", "to be taken back"):
            ada.write_and_send(text)
        (asked,) = platform.say("general", "Where are you?")
        ada.sees("to be corrected", "to be taken back", "Where are you?")
        written, pictures = travel(ada, network, platform)
        ada.until(lambda: logged(ada, written[-1]), "the last did not arrive", within_s=180)
        ada.until(lambda: not ada.has(".message--waiting"), within_s=60)
        ada.shows("#status-text", STATUS["websocket"], within_s=180)

        log = {each["text"]: each for each in platform.page("general") if each["text"]}
        mine = [text for text in log if log[text]["user"] == log["corrected"]["user"]]
        assert mine == ["corrected", *written]  # each once, in order; one was taken back
        assert log["I am on the train"]["reply_to"] == asked
        assert list(log["Where are you?"]["reactions"]) == ["\U0001f44d"]
        found = [(text, file["name"]) for text in log for file in log[text].get("files", ())]
        assert found == pictures  # each once, with its message
        ada.until(lambda: ada.run(PICTURES) == [[name for _, name in pictures], True])
        assert ada.messages()[-len(written) :] == [text for text in log][-len(written) :]
        said = ada.run(SAID)
        now_ms, now_s = 1000 * time.time(), time.monotonic()
        assert untrue(said, log, [now_ms + 1000 * (at - now_s) for at in network.down_at]) == []
        window.driver.get("about:blank")


def travel(
    ada: Person, network: HostileNetwork, platform: Guest
) -> tuple[list[str], list[tuple[str, str]]]:
    """Write, send pictures, correct, answer, react, take back, search and reload on the way.

    Return what was written, and the pictures with their messages.
    """
    written, pictures = ["the platform"], [("the platform", "0.png")]
    network.become(Mode.UPLOADS_CUT)
    choose(ada, "0.png")
    ada.run(SAY, "the platform")
    ada.until(lambda: network.requests["/api/uploads"])  # it is cut in the middle
    modes = random.Random(SEED).sample([*Mode], len(Mode))
    loading = threading.Lock()  # a page that loads has the same network to its end
    turning = threading.Thread(target=turn, args=(network, modes, loading))
    turning.start()
    insist(ada)
    for number in range(28):
        text = f"line {number}"
        if number == 4:
            in_the_menu(ada, "Where are you?", "reply")
            text = "I am on the train"
        if number in (9, 25):
            pictures.append((text, f"{number}.png"))
            choose(ada, f"{number}.png")
        ada.run(SAY, text)
        insist(ada)
        written.append(text)
        match number:
            case 2:
                in_the_menu(ada, "to be corrected", "edit")
                ada.run(SAY, "corrected")
            case 6:
                in_the_menu(ada, "Where are you?", "react")
            case 8:
                in_the_menu(ada, "to be taken back", "delete")
            case 14:
                ada.until(lambda: ada.run(SEARCH, "where are") == ["Where are you?"], within_s=180)
                ada.close_dialogs()
            case 12 | 20:
                reload(ada, network, loading)
        if number % 5 == 0:
            platform.say("general", f"from the platform {number}")
        turning.join(TURN_S * TURNS / 28)
    turning.join()
    return written, pictures


def turn(network: HostileNetwork, modes: list[Mode], loading: threading.Lock) -> None:
    for mode in itertools.islice(itertools.cycle(modes), TURNS):
        with loading:
            network.become(mode)
        time.sleep(TURN_S)  # the time that the story gives to each
    network.become(Mode.FRIENDLY)  # the train has arrived; what waits for that is sent


def choose(ada: Person, name: str) -> None:
    """Choose a picture for the next message, as soon as what uploads is loaded."""

    def is_chosen() -> bool:
        if ada.text("#text-problem"):
            give(ada, "choose", picture)
        return bool(ada.run(CHIPS))

    picture = {"name": name, "width": 640, "height": 480}
    give(ada, "choose", picture)
    ada.until(is_chosen, f"{name} is not chosen")


def insist(ada: Person) -> None:
    """Wait until the message is on its way, and do what the page asks for meanwhile."""
    ada.until(lambda: ada.run(INSIST), "it is not sent", within_s=180)


def in_the_menu(ada: Person, text: str, action: str) -> None:
    """Choose from the menu of a message, by script: the page may change in each moment."""
    ada.run("arguments[0].querySelector('.more').click()", ada.message(text))
    choice = "[data-emoji='\U0001f44d']" if action == "react" else f"[data-action={action}]"
    ada.press_on(f"#menu:popover-open {choice}")
    if action == "delete":
        ada.press_on("#menu:popover-open [data-action=delete]", "Really delete?")


def reload(ada: Person, network: HostileNetwork, loading: threading.Lock) -> None:
    """Reload as soon as that gives a page."""

    def has_page() -> bool:
        with loading:
            if network.mode in NO_RELOAD:
                return False
            ada.driver.refresh()
            return bool(ada.run("return document.querySelector('#messages') !== null"))

    ada.until(has_page)
    ada.run(WATCH)


def logged(ada: Person, text: str) -> bool:
    return text in ada.messages()


def untrue(
    said: list[dict[str, Any]], log: dict[str, dict[str, Any]], down_ms: list[float]
) -> list[str]:
    """Return what the page said that was not so, compared with the log and the network's own."""
    assert len(said) > TURNS
    lies = []
    for each in said:
        at_ms, shown = each["at_ms"], each["shown"]
        if each["status"].startswith("Connected over"):
            last = bisect.bisect(down_ms, at_ms) - 1
            if last < 0 or at_ms - down_ms[last] > 1000 * NOTICED_S:
                lies.append(f"{at_ms}: {each['status']}, and nothing came for long")
        texts = [text for text, _ in shown]
        lies += [f"{at_ms}: {text} twice" for text in set(texts) if texts.count(text) > 1]
        for text, state in shown:
            if state == "failed":
                lies.append(f"{at_ms}: {text} failed, and was sent")
            stored = log.get(text)
            if state == "logged" and stored is not None and "edited" not in stored:
                if at_ms + 1 < 1000 * datetime.fromisoformat(stored["time"]).timestamp():
                    lies.append(f"{at_ms}: {text} was shown as sent before it was stored")
    return lies


def test_what_is_untrue_is_found() -> None:
    log = {"a": {"time": "1970-01-01T00:00:10Z"}}
    connected = {"status": "Connected over WebSocket", "shown": []}
    fine = [{"at_ms": 1000 * n, **connected} for n in range(TURNS + 1)]
    down_ms = [0.0]
    quiet = untrue(fine, log, down_ms)
    assert len(quiet) == TURNS - NOTICED_S and "nothing came" in quiet[0]
    shown = [{"at_ms": 9000, "status": "", "shown": [["a", "logged"], ["a", "waiting"]]}]
    found = untrue(fine[:1] * (TURNS + 1) + shown, log, down_ms)
    assert [lie.partition(": ")[2] for lie in found] == [
        "a twice", "a was shown as sent before it was stored",
    ]  # fmt: skip
    failed = {"at_ms": 0, "status": "", "shown": [["b", "failed"]]}
    assert "failed" in untrue([failed] * (TURNS + 1), log, down_ms)[0]
