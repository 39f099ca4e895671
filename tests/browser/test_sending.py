"""What is written is neither lost nor said twice, whatever happens to the server."""

from selenium.webdriver.common.keys import Keys

from tests.browser.window import SAY, Window
from tests.support.server import ServerProcess


def let_pass(window: Window, seconds: int) -> None:
    """Move the page's clock, so that nobody has to wait."""
    window.run(
        "const now = Date.now.bind(Date); Date.now = () => now() + arguments[0]", seconds * 1000
    )


def test_what_is_written_offline_goes_in_order_when_the_server_is_back(
    windows: tuple[Window, Window], server: ServerProcess
) -> None:
    ada, bob = windows
    ada.open()
    bob.open(transport="sse")
    server.kill()
    ada.until(lambda: ada.text("#status").strip() != "Connected over WebSocket")
    ada.say("one", "two", "three")
    ada.find(".message--sending")
    server.start()
    ada.is_connected("websocket")
    ada.sees("one", "two", "three")
    bob.sees("one", "two", "three")
    assert not ada.has(".message--sending")


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
        lambda: len(window.driver.find_elements("css selector", ".message--sending")) == 50
    )
    window.run(COUNT_CHANGES)
    server.start()
    window.sees(*texts)
    assert not window.has(".message--sending")
    changes = window.run("return window.changes")
    assert 2 * len(texts) <= changes <= 5 * len(texts)  # in and out, twice; and a day's line


def test_what_could_not_be_sent_fails_and_is_sent_once_by_retry(
    windows: tuple[Window, Window], server: ServerProcess
) -> None:
    ada, bob = windows
    ada.open()
    bob.open(transport="longpoll")
    server.kill()
    ada.say("lost?")
    ada.find(".message--sending")
    let_pass(ada, 61)
    ada.say("later")  # only this one is young enough to go by itself
    ada.find(".message--failed")
    assert "could not be delivered" in ada.text(".message--failed .fate")
    server.start()
    bob.sees("later")
    ada.find("[data-fate=retry]").click()
    bob.sees("later", "lost?")
    ada.sees("later", "lost?")
    assert not ada.has(".message--failed")


def test_what_failed_can_be_deleted(window: Window, server: ServerProcess) -> None:
    window.open()
    server.kill()
    window.say("never mind")
    window.find(".message--sending")
    let_pass(window, 61)
    window.say("stays")
    window.find("[data-fate=discard]").click()
    server.start()
    window.sees("stays")
    assert window.messages() == ["stays"]


def test_a_lost_answer_does_not_double_a_message(
    windows: tuple[Window, Window], server: ServerProcess
) -> None:
    ada, bob = windows
    ada.open()
    bob.open(transport="sse")
    server.pause()
    ada.say("once")  # it is on its way, and its answer will find nobody
    ada.find(".message--sending")
    ada.run("dispatchEvent(new Event('offline'))")
    server.go_on()
    ada.run("dispatchEvent(new Event('online'))")
    bob.sees("once")
    ada.sees("once")
    ada.until(lambda: not ada.has(".message--sending"))
    ada.is_connected("websocket")
    ada.say("end")
    bob.sees("once", "end")


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


def test_a_refused_message_says_why(windows: tuple[Window, Window]) -> None:
    ada, _ = windows
    ada.open()
    ada.say("\u200b")  # nothing visible in it
    ada.find(".message--failed")
    assert "at least one visible character" in ada.text(".message--failed .fate")


def test_what_waits_outlives_a_reload(window: Window, server: ServerProcess) -> None:
    window.open()
    server.kill()
    window.say("patient")
    window.find(".message--sending")
    window.driver.get("about:blank")
    server.start()
    window.open()
    window.sees("patient")
    assert window.messages() == ["patient"]
    window.until(lambda: not window.has(".message--sending"))
