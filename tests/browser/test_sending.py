"""What is written is neither lost nor said twice, whatever happens to the server."""

from selenium.webdriver.common.keys import Keys

from tests.browser.guest import Guest
from tests.browser.window import SAY, Window
from tests.support.server import ServerProcess


def test_what_is_written_offline_goes_in_order_when_the_server_is_back(
    window: Window, server: ServerProcess
) -> None:
    window.open()
    server.kill()
    window.until(lambda: window.text("#status").strip() != "Connected over WebSocket")
    window.say("one", "two", "three")
    window.find(".message--waiting")
    server.start()
    window.is_connected("websocket")
    window.sees("one", "two", "three")
    assert Guest(server.url).texts("general") == ["one", "two", "three"]
    assert not window.has(".message--waiting")


COUNT_CHANGES = """
    window.changes = 0
    const count = (records) => {
      for (const { addedNodes: come, removedNodes: gone } of records) {
        window.changes += come.length + gone.length
      }
    }
    new MutationObserver(count).observe(document.querySelector("#messages"), { childList: true })
"""


def test_what_waits_is_left_alone_while_others_are_delivered(
    window: Window, server: ServerProcess
) -> None:
    """Each is shown as sent, then as a message; moving the others took more than the network."""
    window.open()
    server.kill()
    texts = [f"number {n}" for n in range(50)]
    for text in texts:
        window.run(SAY, text)
    window.until(
        lambda: len(window.driver.find_elements("css selector", ".message--waiting")) == 50
    )
    window.run(COUNT_CHANGES)
    server.start()
    window.sees(*texts)
    assert not window.has(".message--waiting")
    changes = window.run("return window.changes")
    assert 2 * len(texts) <= changes <= 5 * len(texts)  # in and out, twice; and a day's line


def test_what_was_refused_is_sent_once_by_retry_all_and_nothing_holds_up_the_rest(
    window: Window, server: ServerProcess
) -> None:
    guest = Guest(server.url)
    window.open()
    window.join("dev")
    window.run(SEND, {"type": "leave", "room": "dev"})
    window.shows("#room-name", "general")  # left elsewhere
    window.run(QUEUE, "dev", ["refused 1", "refused 2"])
    window.say("goes all the same")
    window.sees("goes all the same")
    assert guest.texts("general") == ["goes all the same"]
    window.shows("#bar-text", "2 messages in #dev were not sent.")
    window.run(SEND, {"type": "join", "room": "dev"})
    window.until(lambda: "dev" in window.rooms())
    window.click("#retry-all")
    window.until(lambda: not window.has("#bar"))
    window.go("dev")
    window.sees("refused 1", "refused 2")
    assert guest.texts("dev") == ["refused 1", "refused 2"]


# What another program of the same person does.
SEND = "fetch('/send', { method: 'POST', body: JSON.stringify(arguments[0]) })"
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


def test_what_waits_can_be_edited_and_deleted_where_it_stands(
    window: Window, server: ServerProcess
) -> None:
    window.open()
    server.kill()
    window.until(lambda: not window.text("#status-text").startswith("Connected"))
    window.say("first", "second", "thrid", "fourth")
    window.decide("second", "discard")
    window.decide("thrid", "edit")
    assert window.has("#editing")
    window.find("#text").clear()
    window.write("third").send_keys(Keys.ENTER)
    server.start()
    window.sees("first", "third", "fourth")
    assert not window.has(".message .edited")  # nobody has seen it otherwise
    assert Guest(server.url).texts("general") == ["first", "third", "fourth"]


def test_edits_reactions_and_deletions_are_kept_until_the_server_has_them(
    window: Window, server: ServerProcess
) -> None:
    guest, ada = Guest(server.url), window
    ada.open()
    ada.say("one", "two")
    ada.sees("one", "two")
    guest.say("general", "three")
    ada.sees("one", "two", "three")
    ada.join("dev")
    ada.go("general")
    server.kill()
    ada.until(lambda: not ada.text("#status-text").startswith("Connected"))
    ada.menu("one", "[data-action=edit]")
    ada.find("#text").clear()
    ada.write("one, edited").send_keys(Keys.ENTER)
    edited = ada.message("one, edited").get_attribute("id")
    ada.shows(f"#{edited} .delivery__text", "edit waiting for the connection")
    ada.menu("two", "[data-action=delete]")
    ada.click("#menu [data-action=delete]")
    ada.menu("three", "[data-emoji='🎉']")
    ada.go("dev")
    ada.go("general")
    ada.shows("#bar-detail", "3 changes are kept, and sent in order when it is back.")
    assert ada.messages()[0] == "one, edited"
    ada.driver.get("about:blank")
    server.start()
    ada.open()
    ada.until(lambda: ada.messages() == ["one, edited", "This message was deleted.", "three"])
    ada.shows(".reaction__count", "1")
    ada.until(lambda: not ada.has(".delivery, .message--waiting"))
    one, two, three = guest.page("general")
    assert (one["text"], two["deleted"], list(three["reactions"])) == ("one, edited", True, ["🎉"])


def test_an_edit_in_progress_survives_another_room_and_a_reload(window: Window) -> None:
    window.open()
    window.join("dev")
    window.go("general")
    window.say("teh word")
    window.sees("teh word")
    window.write("a draft")
    window.menu("teh word", "[data-action=edit]")
    window.find("#text").clear()
    window.write("the wo")
    assert window.has(".message--edited")
    window.go("dev")
    assert not window.has("#editing")
    window.go("general")
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
    window: Window, server: ServerProcess
) -> None:
    window.open()
    window.say("\u200b")
    window.find(".message--refused")
    first = window.driver.current_window_handle
    window.run("window.open('/')")  # with a copy of all that is kept for the tab
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
        window.driver.close()
    finally:
        window.driver.switch_to.window(first)


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


def test_a_line_break_is_one_and_nothing_moves_when_a_message_is_delivered(window: Window) -> None:
    window.open()
    for number, (text, lines) in enumerate(TEXTS.items(), 1):
        window.run(HEIGHTS, text)
        window.run(SAY, text)
        window.until(lambda n=number: len(window.messages()) == n)
        window.until(lambda: not window.has(".message--waiting, .message--sent"))
        window.until(lambda: window.run("return window.heights.size") > 0)  # a frame has shown it
        assert len(window.run("return [...window.heights]")) == 1, text
        assert window.run(LINES) == lines, text


def test_a_lost_answer_does_not_double_a_message(window: Window, server: ServerProcess) -> None:
    ada = window
    ada.open()
    server.pause()
    ada.say("once")  # it is on its way, and its answer will find nobody
    ada.find(".message--waiting")
    ada.run("dispatchEvent(new Event('offline'))")
    server.go_on()
    ada.run("dispatchEvent(new Event('online'))")
    ada.sees("once")
    ada.until(lambda: not ada.has(".message--waiting"))
    ada.is_connected("websocket")
    ada.say("end")
    ada.sees("once", "end")
    assert Guest(server.url).texts("general") == ["once", "end"]


def test_a_draft_outlives_a_reload_and_each_room_has_its_own(window: Window) -> None:
    window.open()
    window.write("not yet said")
    window.join("dev")
    assert window.find("#text").get_attribute("value") == ""
    window.driver.get(window.server)
    window.is_connected("websocket")
    assert window.find("#text").get_attribute("value") == "not yet said"
    window.write(Keys.ENTER)
    window.sees("not yet said")
    window.driver.refresh()
    window.is_connected("websocket")
    assert window.find("#text").get_attribute("value") == ""


def test_a_refused_message_says_why(window: Window) -> None:
    window.open()
    window.say("\u200b")  # nothing visible in it
    window.find(".message--refused")
    assert "at least one visible character" in window.text(".message--refused .delivery")


def test_what_waits_outlives_a_reload(window: Window, server: ServerProcess) -> None:
    window.open()
    server.kill()
    window.say("patient")
    window.find(".message--waiting")
    window.driver.get("about:blank")
    server.start()
    window.open()
    window.sees("patient")
    assert window.messages() == ["patient"]
    window.until(lambda: not window.has(".message--waiting"))
