"""Everything without a mouse."""

import pytest
from selenium.webdriver.common.keys import Keys

from tests.browser.guest import Guest
from tests.browser.person import Person
from tests.browser.window import Window

pytestmark = pytest.mark.parametrize("shared_page", ["chromium"], indirect=True)


@pytest.fixture
def window(person: Person) -> Person:
    """One for all tests here, which say all in a room of their own."""
    return person


def test_the_first_stop_skips_to_writing(window: Window, room: str) -> None:
    window.open(f"/rooms/{room}")  # Tab begins at the top of the page
    window.press(Keys.TAB)
    assert window.focused() == "skip"
    window.press(Keys.ENTER)
    window.until(lambda: window.focused() == "text")


def test_all_of_the_page_is_reached_by_tab_and_shows_where_one_is(
    window: Window, room: str
) -> None:
    window.say("hello")
    window.sees("hello")
    window.open(f"/rooms/{room}")
    window.sees("hello")
    stops = []
    for _ in range(30):
        window.press(Keys.TAB)
        stops.append(window.focused())
        assert window.run(
            "const style = getComputedStyle(document.activeElement.closest('#composer') ?? "
            "document.activeElement); return style.outlineStyle !== 'none' || "
            "style.boxShadow !== 'none'"
        ), stops
        if stops[-1] == "name-button":
            break
    assert stops[:3] == ["skip", "add-room", "room"]
    assert stops[-1] == "name-button"
    assert "text" in stops
    assert any(stop.startswith("m") for stop in stops)  # the newest message, by its id


def test_tab_reaches_the_links_of_one_message_at_a_time(window: Window, room: str) -> None:
    Guest(window.server).join(room).say(
        room, "https://a.example/ https://b.example/", "https://c.example/"
    )
    window.open(f"/rooms/{room}")  # with the newest one reachable
    window.until(lambda: len(window.messages()) == 2)
    reached = (
        "return [...document.querySelectorAll('.body a')].filter((e) => e.tabIndex === 0)"
        ".map((e) => e.textContent)"
    )
    assert window.run(reached) == ["https://c.example/"]
    window.run("[...document.querySelectorAll('.message')].at(-1).focus()")
    window.press(Keys.ARROW_UP)
    assert window.run(reached) == ["https://a.example/", "https://b.example/"]


def test_a_message_is_reacted_to_edited_and_deleted(window: Window, room: str) -> None:
    window.say("first", "second")
    window.sees("first", "second")
    window.run("document.activeElement.blur()")
    window.run("[...document.querySelectorAll('.message')].at(-1).focus()")
    window.press(Keys.ARROW_UP)
    assert "first" in window.run("return document.activeElement.textContent")
    window.press(Keys.ENTER)
    window.find("#menu:popover-open")
    window.press(Keys.ARROW_RIGHT, Keys.ENTER)  # the second emoji
    window.until(lambda: window.text(".reaction__emoji") == "❤️")
    # The focus is with the message again, though it is another element now.
    window.until(lambda: "first" in window.run("return document.activeElement.textContent"))

    window.press(Keys.ENTER)
    window.press(Keys.ARROW_DOWN, Keys.ARROW_DOWN)  # the first is to reply
    assert window.run("return document.activeElement.dataset.action") == "edit"
    window.press(Keys.ENTER)
    window.until(lambda: window.focused() == "text")
    window.press(" changed", Keys.ENTER)
    window.sees("first changed", "second")

    window.run("document.querySelector('.message').focus()")
    window.press(Keys.ENTER)
    window.press(Keys.END, Keys.ENTER)
    window.shows("[data-action=delete]", "Really delete?")
    window.press(Keys.ENTER)
    window.sees("This message was deleted.", "second")


def test_escape_closes_the_menu_and_gives_the_focus_back(window: Window, room: str) -> None:
    window.say("only")
    window.sees("only")
    window.run("document.querySelector('.message[data-offset]').focus()")
    window.press(Keys.ENTER)
    window.find("#menu:popover-open")
    window.press(Keys.ESCAPE)
    window.until(lambda: not window.has("#menu"))
    window.until(lambda: "only" in window.run("return document.activeElement.textContent"))
    assert window.focused().startswith("m")
    window.press(Keys.ARROW_DOWN)
    assert window.focused() == "text"


def test_a_name_is_taken_and_a_room_joined(window: Window, room: str) -> None:
    window.run("document.getElementById('name-button').focus()")
    window.press(Keys.ENTER)
    window.until(lambda: window.focused() == "name")
    window.press("Ada", Keys.ENTER)
    window.shows("#my-name", "Ada")
    window.until(lambda: window.focused() == "text")

    window.run("document.getElementById('add-room').focus()")
    window.press(Keys.ENTER)
    window.until(lambda: window.focused() == "room-input")
    window.press("dev", Keys.ENTER)
    window.shows("#room-name", "dev")
    window.until(lambda: window.focused() == "text")


def test_shift_enter_makes_a_new_line(window: Window, room: str) -> None:
    window.write("one" + Keys.SHIFT + Keys.ENTER + Keys.NULL + "two" + Keys.ENTER)
    window.sees("one\ntwo")


def test_enter_while_an_input_method_composes_sends_nothing(window: Window, room: str) -> None:
    composer = window.write("にほん")
    window.run(
        "arguments[0].dispatchEvent(new KeyboardEvent('keydown', "
        "{key: 'Enter', isComposing: true, bubbles: true, cancelable: true}))",
        composer,
    )
    assert composer.get_attribute("value") == "にほん"
    composer.send_keys(Keys.ENTER)
    window.sees("にほん")
    assert window.messages() == ["にほん"]
