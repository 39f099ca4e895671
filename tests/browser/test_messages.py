"""What a message can be and become: plain text, edited, deleted, reacted to."""

import pytest
from selenium.webdriver.common.keys import Keys

from tests.browser.guest import Guest
from tests.browser.person import Person
from tests.browser.window import Window

pytestmark = pytest.mark.parametrize("shared_page", ["chromium"], indirect=True)
SCRIPT = "<img src=x onerror=document.title='owned'><script>document.title='owned'</script>"


@pytest.fixture
def window(person: Person) -> Person:
    """One for all tests here, which say all in a room of their own."""
    return person


def test_markup_in_a_text_is_shown_as_text(window: Window, room: str) -> None:
    guest = Guest(window.server).join(room)
    window.say(SCRIPT)
    window.sees(SCRIPT)
    from_others = f"{SCRIPT} again"
    guest.say(room, from_others)
    window.sees(SCRIPT, from_others)
    window.driver.refresh()  # as the server renders it, too
    window.sees(SCRIPT, from_others)
    assert "owned" not in window.driver.title


def test_markup_in_a_name_is_shown_as_text(window: Window, room: str) -> None:
    guest = Guest(window.server).join(room)
    guest.call_me("<b>Bob</b>")
    window.call_me("<b>Ada</b>")
    window.is_connected("websocket")
    guest.say(room, "hello")
    window.sees("hello")
    window.shows(".message .author", "<b>Bob</b>")


def test_the_server_s_markup_is_shown(window: Window, room: str) -> None:
    Guest(window.server).join(room).say(room, "**loud** and `code`")
    window.sees("loud and code")
    assert window.text(".message strong") == "loud"
    assert window.text(".message code") == "code"


def test_a_message_is_edited_and_says_so(window: Window, room: str) -> None:
    guest = Guest(window.server).join(room)
    window.say("teh word")
    window.sees("teh word")
    window.menu("teh word", "[data-action=edit]")
    composer = window.find("#text")
    assert composer.get_attribute("value") == "teh word"
    composer.clear()
    composer.send_keys("the word", Keys.ENTER)
    window.sees("the word")
    window.until(lambda: window.has(".message .edited"))  # until then it is on its way
    assert not window.has("#editing")

    (offset,) = guest.say(room, "what others tpye")
    window.sees("the word", "what others tpye")
    edit = {"type": "edit", "room": room, "offset": offset, "text": "what others type"}
    guest.do(edit)
    window.sees("the word", "what others type")
    window.until(lambda: window.has(f"#m{offset} .edited"))


def test_editing_can_be_given_up_and_the_draft_comes_back(window: Window, room: str) -> None:
    window.say("first")
    window.sees("first")
    window.find("#text").send_keys(Keys.ARROW_UP)
    window.find("#editing")
    assert window.find("#text").get_attribute("value") == "first"
    window.find("#text").send_keys(" changed", Keys.ESCAPE)
    assert window.find("#text").get_attribute("value") == ""
    window.sees("first")

    window.write("a draft")
    window.menu("first", "[data-action=edit]")
    window.click("#cancel-edit")
    assert window.find("#text").get_attribute("value") == "a draft"


def test_a_message_is_deleted_at_the_second_press(window: Window, room: str) -> None:
    guest = Guest(window.server).join(room)
    window.say("oops")
    window.sees("oops")
    window.menu("oops", "[data-action=delete]")
    window.shows("[data-action=delete]", "Really delete?")
    window.click("[data-action=delete]")
    window.sees("This message was deleted.")

    (offset,) = guest.say(room, "what others regret")
    window.sees("what others regret")
    guest.do({"type": "delete", "room": room, "offset": offset})
    window.until(lambda: window.messages() == 2 * ["This message was deleted."])


def test_somebody_else_s_message_can_only_be_reacted_to(window: Window, room: str) -> None:
    guest = Guest(window.server).join(room)

    def reactions() -> dict[str, list[str]]:
        """Return those in the log, where the first is later than on the page."""
        found: dict[str, list[str]] = guest.page(room)[-1].get("reactions", {})
        return found

    def has_reactions(count: int, *, is_own: bool) -> None:
        """Wait until the page and the log have so many, with or without that of the page."""
        pressed = f".reaction[aria-pressed={str(is_own).lower()}]"
        window.until(lambda: window.text(pressed).split() == ["👍", str(count)])
        window.until(lambda: len(reactions().get("👍", [])) == count)

    (offset,) = guest.say(room, "yours?")
    window.sees("yours?")
    window.menu("yours?", "[data-emoji='👍']")
    has_reactions(1, is_own=True)
    window.run("document.querySelector('.more').click()")
    assert not window.has("[data-action=edit]")
    assert not window.has("[data-action=delete]")
    window.press(Keys.ESCAPE)

    reaction = {"type": "react", "room": room, "offset": offset, "emoji": "👍"}
    guest.do(reaction | {"on": True})
    has_reactions(2, is_own=True)
    window.click(".reaction")
    has_reactions(1, is_own=False)
    window.click(".reaction")
    has_reactions(2, is_own=True)


def test_a_mention_stands_out(window: Window, room: str) -> None:
    window.call_me("Bob")
    window.is_connected("websocket")
    Guest(window.server).join(room).say(room, "not you, bobby", "you, @bob!")
    window.sees("not you, bobby", "you, @bob!")
    called = window.driver.find_elements("css selector", ".message--mentioned .body")
    assert [element.text for element in called] == ["you, @bob!"]


def test_the_limit_is_counted_down_and_holds(window: Window, room: str) -> None:
    composer = window.find("#text")
    window.run("arguments[0].value = 'x'.repeat(3999)", composer)
    composer.send_keys("y")
    window.shows("#text-count", "0 characters left")
    composer.send_keys("z")
    window.shows("#text-count", "1 character too many")
    composer.send_keys(Keys.ENTER)
    assert len(composer.get_attribute("value") or "") == 4001
    composer.send_keys(Keys.BACKSPACE, Keys.ENTER)
    window.sees("x" * 3999 + "y")
