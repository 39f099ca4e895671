"""Answers quote what they answer, and lead there; by mouse, keyboard and touch."""

from selenium.webdriver.common.actions.action_builder import ActionBuilder
from selenium.webdriver.common.actions.interaction import POINTER_TOUCH
from selenium.webdriver.common.actions.pointer_input import PointerInput
from selenium.webdriver.common.keys import Keys

from tests.browser.guest import Guest
from tests.browser.window import Window
from tests.support.server import ServerProcess

# The author and the text of the quote above a message, each on a line; empty without one.
QUOTE = """
    const row = [...document.querySelectorAll(".message")]
        .findLast((e) => e.querySelector(".body").textContent.trim() === arguments[0])
    const quote = row?.querySelector(".quote")
    return quote ? [...quote.children].map((e) => e.textContent).join("\\n") : ""
"""


def quote(window: Window, text: str) -> str:
    return str(window.run(QUOTE, text))


def test_an_answer_quotes_what_it_answers_also_after_a_reload(
    windows: tuple[Window, Window],
) -> None:
    ada, bob = windows
    ada.open()
    bob.open(transport="sse")
    ada.call_me("Ada")
    ada.say("Who has the key?")
    bob.sees("Who has the key?")
    bob.press_in("Who has the key?", ".tool--reply")
    bob.shows("#replying-name", "Ada")
    bob.driver.refresh()  # what one was about to answer is kept, as the draft is
    bob.is_connected("sse")
    bob.shows("#replying-name", "Ada")
    bob.say("I have")
    for window in windows:
        window.sees("Who has the key?", "I have")
        assert quote(window, "I have") == "Ada\nWho has the key?"
    assert not bob.has("#replying")
    bob.say("It hangs behind the door")
    ada.sees("Who has the key?", "I have", "It hangs behind the door")
    assert quote(ada, "It hangs behind the door") == ""
    ada.driver.refresh()  # from the server's page
    ada.until(lambda: quote(ada, "I have") == "Ada\nWho has the key?")
    ada.menu("Who has the key?", "[data-action=edit]")
    ada.find("#text").send_keys(" And the ladder?", Keys.ENTER)
    bob.until(lambda: quote(bob, "I have") == "Ada\nWho has the key? And the ladder?")
    ada.menu("Who has the key? And the ladder?", "[data-action=delete]")
    ada.click("#menu [data-action=delete]")
    bob.until(lambda: quote(bob, "I have") == "Ada\na deleted message")


def test_escape_goes_on_without_answering_and_the_text_stays(window: Window) -> None:
    window.open()
    window.say("one")
    window.sees("one")
    window.find("#log")
    window.run("document.querySelector('.message[data-offset]').focus()")
    window.press(Keys.ENTER)
    window.find("#menu:popover-open")
    window.find("#menu [data-action=reply]").send_keys(Keys.ENTER)
    window.until(lambda: window.focused() == "text")
    window.write("two").send_keys(Keys.ESCAPE)
    assert not window.has("#replying")
    window.write("").send_keys(Keys.ENTER)
    window.sees("one", "two")
    assert quote(window, "two") == ""


def test_the_quote_of_an_old_message_leads_to_it(window: Window, server: ServerProcess) -> None:
    guest = Guest(server.url)
    (first, *_) = guest.say("general", "the first", *(f"number {n}" for n in range(120)))
    guest.do({"type": "send", "room": "general", "text": "late", "key": "k", "reply_to": first})
    window.open()
    window.until(lambda: quote(window, "late").endswith("an earlier message"))
    window.run("[...document.querySelectorAll('.quote')].at(-1).click()")
    window.until(lambda: window.has(f"#m{first}.message--focus"), "it is not shown")
    assert window.driver.current_url.endswith(f"/rooms/general/{first}")


def test_what_waits_shows_what_it_answers_and_arrives_as_an_answer(
    window: Window, server: ServerProcess
) -> None:
    window.open()
    window.say("one")
    window.sees("one")
    server.kill()
    window.until(lambda: not window.text("#status-text").startswith("Connected"))
    window.menu("one", "[data-action=reply]")
    window.say("two")
    window.until(lambda: quote(window, "two").endswith("\none"))
    assert window.has(".message--waiting")
    server.start()
    window.sees("one", "two")
    window.until(lambda: not window.has(".message--waiting"))
    assert quote(window, "two").endswith("\none")


def test_a_finger_opens_the_menu_by_a_long_press_and_answers_by_a_swipe(window: Window) -> None:
    window.resize(390, 844, is_phone=True)
    window.open()
    Guest(window.server).say("general", "swipe me")
    window.sees("swipe me")
    finger = PointerInput(POINTER_TOUCH, "finger")
    row = window.message("swipe me")

    def touch(*, across: int, hold_s: float) -> None:
        actions = ActionBuilder(window.driver, mouse=finger)
        actions.pointer_action.move_to(row).pointer_down().pause(hold_s)
        actions.pointer_action.move_by(across, 0).pointer_up()
        actions.perform()

    touch(across=0, hold_s=0.7)  # longer than the press that opens it
    window.find("#menu:popover-open")
    window.run("document.querySelector('#menu').hidePopover()")
    touch(across=120, hold_s=0)
    window.find("#replying")
