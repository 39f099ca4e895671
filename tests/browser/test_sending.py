"""What is written is neither lost nor said twice, whatever happens to page or server."""

import pytest
from selenium.webdriver.common.keys import Keys

from tests.browser.conftest import close_other_tabs
from tests.browser.guest import Guest
from tests.browser.person import Person
from tests.browser.window import SAY, Window
from tests.support.server import ServerProcess

pytestmark = pytest.mark.parametrize("shared_page", ["chromium"], indirect=True)


@pytest.fixture
def window(person: Person) -> Person:
    """One for all tests here, which say all in rooms of their own."""
    return person


def test_what_was_refused_is_sent_once_by_retry_all_and_nothing_holds_up_the_rest(
    person: Person, room: str
) -> None:
    guest, window, left = Guest(person.server), person, f"{room}-left"
    window.join(left)
    window.perform({"type": "leave", "room": left})  # as another program of the same person
    window.shows("#room-name", "general")
    window.go(room)
    window.run(QUEUE, left, ["refused 1", "refused 2"])
    window.say("goes all the same")
    window.sees("goes all the same")
    assert guest.texts(room) == ["goes all the same"]
    window.shows("#bar-text", f"2 messages in #{left} were not sent.")
    window.perform({"type": "join", "room": left})
    window.until(lambda: left in window.rooms())
    window.click("#retry-all")
    window.until(lambda: not window.has("#bar"))
    window.go(left)
    window.sees("refused 1", "refused 2")
    assert guest.texts(left) == ["refused 1", "refused 2"]


# What a tab leaves behind that was closed while the server was away, for a room left since.
QUEUE = """
    const [room, texts] = arguments
    const { user } = JSON.parse(document.getElementById("boot").textContent)
    texts.forEach((text, at) => {
      const entry = {
        key: `left-${at}`, seq: at - 10, kind: "send", room, text, state: "waiting", written_ms: 0,
      }
      localStorage.setItem(`parley.${user}.outbox.${entry.key}`, JSON.stringify(entry))
    })
    dispatchEvent(new StorageEvent("storage", { key: null }))
"""


def test_an_edit_in_progress_survives_another_room_and_a_reload(window: Window, room: str) -> None:
    elsewhere = f"{room}-other"
    window.join(elsewhere)
    window.go(room)
    window.say("teh word")
    window.sees("teh word")
    window.write("a draft")
    window.menu("teh word", "[data-action=edit]")
    window.find("#text").clear()
    window.write("the wo")
    assert window.has(".message--edited")
    window.go(elsewhere)
    assert not window.has("#editing")
    window.go(room)
    assert window.find("#text").get_attribute("value") == "the wo"
    window.driver.refresh()
    window.is_connected("websocket")
    assert window.has("#editing") and window.has(".message--edited")
    window.write("rd").send_keys(Keys.ENTER)
    window.sees("the word")
    assert window.find("#text").get_attribute("value") == "a draft"
    window.driver.refresh()
    window.is_connected("websocket")
    assert not window.has("#editing")


def test_what_was_deleted_in_one_tab_is_not_sent_by_its_duplicate(
    window: Window, room: str
) -> None:
    window.say("\u200b")
    window.find(".message--refused")
    first = window.driver.current_window_handle
    window.run("window.open(location)")  # with a copy of all that is kept for the tab
    second = next(h for h in window.driver.window_handles if h != first)
    try:
        window.driver.switch_to.window(second)
        window.is_connected("websocket")
        window.find(".message--refused")
        window.driver.switch_to.window(first)
        window.click("[data-delivery-action=discard]")
        window.driver.switch_to.window(second)
        window.until(lambda: not window.has(".message--refused"))
        assert not window.has("#bar")
    finally:
        close_other_tabs(window.driver)


# The heights of the newest row in each frame, and how far what stands before it was moved.
HEIGHTS = """
    const rows = () => [...document.querySelectorAll("#messages > .message")]
    const [text] = arguments
    const count = rows().length
    window.heights = new Set()
    const look = () => {
      if (rows().length > count) window.heights.add(rows().at(-1).offsetHeight)
      window.looking = requestAnimationFrame(look)
    }
    cancelAnimationFrame(window.looking)
    look()
"""
LINES = """
    const p = [...document.querySelectorAll("#messages > .message")].at(-1).querySelector(".body p")
    return Math.round(p.offsetHeight / parseFloat(getComputedStyle(p).lineHeight))
"""
# The text, and how many lines its first paragraph has.
TEXTS = {
    "one line": 1,
    "one\ntwo\nthree": 3,
    "one\ntwo  \nthree": 3,
    "*one\ntwo*": 2,
    "one\n\nnext paragraph\n\n\nthird": 1,
    "one\n- item\n- item\n\n1. item\n2. item": 1,
    "> one\ntwo, still quoted\n\nnot any more": 2,
    "one\n```\ncode\n\n  more\n```\nbehind it": 1,
    "  one  \n    two": 2,
}


def test_a_line_break_is_one_and_nothing_moves_when_a_message_is_delivered(
    window: Window, room: str
) -> None:
    for number, (text, lines) in enumerate(TEXTS.items(), 1):
        window.run(HEIGHTS, text)
        window.run(SAY, text)
        window.until(lambda n=number: len(window.messages()) == n)
        window.until(lambda: not window.has(".message--waiting, .message--sent"))
        window.until(lambda: window.run("return window.heights.size") > 0)  # a frame has shown it
        assert len(window.run("return [...window.heights]")) == 1, text
        assert window.run(LINES) == lines, text


def test_a_lost_answer_does_not_double_a_message(
    window: Window, shared_server: ServerProcess, room: str
) -> None:
    ada = window
    with shared_server.paused():
        ada.say("once")  # it is on its way, and its answer will find nobody
        ada.find(".message--waiting")
        ada.run("dispatchEvent(new Event('offline'))")
    ada.run("dispatchEvent(new Event('online'))")
    ada.sees("once")
    ada.until(lambda: not ada.has(".message--waiting"))
    ada.is_connected("websocket")
    ada.say("end")
    ada.sees("once", "end")
    assert Guest(window.server).texts(room) == ["once", "end"]


def test_a_draft_outlives_a_reload_and_each_room_has_its_own(window: Window, room: str) -> None:
    window.write("not yet said")
    window.join(f"{room}-other")
    assert window.find("#text").get_attribute("value") == ""
    window.open(f"/rooms/{room}")
    assert window.find("#text").get_attribute("value") == "not yet said"
    window.write(Keys.ENTER)
    window.sees("not yet said")
    window.driver.refresh()
    window.is_connected("websocket")
    assert window.find("#text").get_attribute("value") == ""


def test_a_refused_message_says_why(window: Window, room: str) -> None:
    window.say("\u200b")  # nothing visible in it
    window.find(".message--refused")
    assert "at least one visible character" in window.text(".message--refused .delivery")
    window.click("[data-delivery-action=discard]")  # else the page goes on to tell of it
    window.until(lambda: not window.has(".message--refused"))
