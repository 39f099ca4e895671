"""What is written while the server is away is kept, and sent once as soon as it is back."""

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
    texts = [f"number {n}" for n in range(20)]
    for text in texts:
        window.run(SAY, text)
    window.until(
        lambda: len(window.driver.find_elements("css selector", ".message--waiting")) == 20
    )
    window.run(COUNT_CHANGES)
    server.start()
    window.sees(*texts)
    assert not window.has(".message--waiting")
    changes = window.run("return window.changes")
    assert 2 * len(texts) <= changes <= 5 * len(texts)  # in and out, twice; and a day's line


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
