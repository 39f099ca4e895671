"""What helps to write, by the keyboard alone: suggestions, emoji, commands, the way to rooms."""

import json
from typing import Any
from urllib.error import HTTPError

import pytest
from selenium.webdriver import ActionChains
from selenium.webdriver.common.keys import Keys

from tests.browser.firefox import Tab
from tests.browser.guest import Guest
from tests.browser.person import Person
from tests.browser.window import Window
from tests.support.server import ServerProcess

OPTIONS = """
    return [...document.querySelectorAll(".options:not([hidden]) .option")]
      .map((e) => e.querySelector(".option__text").textContent)
"""
CHOSEN = """
    const id = document.activeElement.getAttribute("aria-activedescendant")
    const chosen = document.getElementById(id)
    if (chosen?.ariaSelected !== "true" || chosen.role !== "option") return null
    return chosen.ariaLabel ?? chosen.querySelector(".option__text").textContent
"""


# What a command does is the same once it is typed, which other tests here do in both browsers.
IN_ONE_BROWSER = pytest.mark.parametrize("shared_page", ["firefox"], indirect=True)
# Where elements or a mouse are needed.
IN_CHROMIUM = pytest.mark.parametrize("shared_page", ["chromium"], indirect=True)


@pytest.fixture(scope="module")
def known(shared_server: ServerProcess) -> Guest:
    """Somebody whose name is known, and who has made a room."""
    guest = Guest(shared_server.url)
    guest.call_me("Éloïse")
    guest.say("general", "hello")
    guest.do({"type": "create", "room": "birds", "title": "Blue Birds", "access": "public"})
    return guest


@pytest.fixture
def eloise(known: Guest, room: str) -> Guest:
    """The same, who has said something in the room of the test."""
    known.join(room).say(room, "hello")
    return known


@pytest.fixture
def writer(person: Person, eloise: Guest) -> Person:
    """The person of all tests here, who is about to answer in that room."""
    person.until(lambda: person.messages() == ["hello"])
    person.run("document.querySelector('#text').focus()")
    return person


@pytest.fixture
def window(person: Person) -> Person:
    """The same, where nobody else is."""
    return person


def type_(window: Window, *keys: str) -> None:
    """Press keys one after the other, in any browser."""
    if isinstance(window.driver, Tab):
        window.driver.type("".join(keys))
    else:
        window.press(*keys)


def press_with(window: Window, *keys: str) -> None:
    """Press the last key while the others are held."""
    *held, last = keys
    actions = ActionChains(window.driver)
    for key in held:
        actions.key_down(key)
    actions.send_keys(last)
    for key in reversed(held):
        actions.key_up(key)
    actions.perform()


def options(window: Window) -> list[str]:
    found = window.run(OPTIONS)
    assert isinstance(found, list)
    return found


def offers(window: Window, *names: str) -> None:
    """Wait until the suggestions are these."""
    window.until(lambda: options(window) == list(names), f"{options(window)} is not {names}")


def chosen(window: Window) -> Any:
    return window.run(CHOSEN)


def text(window: Window) -> str:
    return str(window.run("return document.querySelector('#text').value"))


def sends(window: Window, typed: str, shown: str) -> None:
    type_(window, typed, Keys.ENTER)
    window.until(lambda: window.messages()[-1:] == [shown], f"{window.messages()[-1:]}")
    assert text(window) == ""


def is_refused(window: Window, typed: str, why: str) -> None:
    """A command is refused in words, beside the text, which stays."""
    window.run("document.querySelector('#text').value = ''")
    type_(window, typed, Keys.ENTER)
    window.until(lambda: why in window.text("#text-problem"), window.text("#text-problem"))
    assert text(window) == typed
    window.run(
        "const field = document.querySelector('#text'); field.value = '';"
        "field.dispatchEvent(new InputEvent('input', { bubbles: true }))"
    )
    assert window.text("#text-problem") == ""


def test_somebody_is_mentioned_by_a_few_letters_without_accents(
    writer: Window, eloise: Guest, room: str
) -> None:
    type_(writer, "salut @elo")
    offers(writer, "Éloïse")
    assert chosen(writer) == "Éloïse"
    type_(writer, Keys.ENTER)
    assert text(writer) == "salut @Éloïse "
    type_(writer, "!", Keys.ENTER)
    writer.sees("salut @Éloïse !")
    (message,) = [m for m in eloise.page(room) if m["text"].startswith("salut")]
    assert len(message["mentions"]) == 1


@IN_CHROMIUM
def test_a_suggestion_is_clicked_and_can_be_undone(writer: Window) -> None:
    writer.write("hi @e")
    writer.click(".options .option")
    assert text(writer) == "hi @Éloïse "
    assert writer.focused() == "text"
    press_with(writer, Keys.CONTROL, "z")
    writer.until(lambda: text(writer) == "hi @e")


@IN_ONE_BROWSER
def test_a_name_that_is_written_already_is_sent(writer: Window) -> None:
    type_(writer, "@Éloïse")
    offers(writer, "Éloïse")
    type_(writer, Keys.ENTER)
    writer.until(lambda: writer.messages()[-1] == "@Éloïse")


def test_an_emoji_is_found_by_its_name(writer: Window) -> None:
    type_(writer, "well done :tad")
    writer.until(lambda: options(writer)[:1] == [":tada:"])
    type_(writer, Keys.TAB)
    assert text(writer) == "well done 🎉 "
    type_(writer, ":smi")
    writer.until(lambda: len(options(writer)) == 8)
    type_(writer, Keys.ARROW_DOWN, Keys.ARROW_UP, Keys.ARROW_UP)
    assert chosen(writer) == options(writer)[-1]
    type_(writer, Keys.ESCAPE)
    offers(writer)
    assert text(writer) == "well done 🎉 :smi"
    type_(writer, "l")  # it stays closed for this word
    assert options(writer) == []
    type_(writer, "e :+1:")
    assert text(writer) == "well done 🎉 :smile 👍 "


@IN_ONE_BROWSER
def test_a_room_is_named_by_its_title(writer: Window) -> None:
    type_(writer, "see #blue b")
    offers(writer, "Blue Birds")
    type_(writer, Keys.ENTER)
    assert text(writer) == "see #birds "


def test_while_an_input_method_composes_names_are_offered_but_not_taken(writer: Window) -> None:
    writer.run(
        "const field = document.querySelector('#text'); field.value = '@elo';"
        "field.setSelectionRange(4, 4);"
        "field.dispatchEvent(new InputEvent('input', { bubbles: true, isComposing: true }))"
    )
    offers(writer, "Éloïse")
    for detail in ("isComposing: true", "keyCode: 229"):
        taken = writer.run(
            "return !document.querySelector('#text').dispatchEvent(new KeyboardEvent('keydown', "
            f"{{ key: 'Enter', {detail}, bubbles: true, cancelable: true }}))"
        )
        assert not taken
    assert text(writer) == "@elo"


def test_commands_are_offered_at_the_beginning_and_explained(writer: Window) -> None:
    type_(writer, "/sh")
    offers(writer, "shrug [TEXT]")
    type_(writer, Keys.TAB)
    assert text(writer) == "/shrug "
    sends(writer, "so be it", "so be it ¯\\_(ツ)_/¯")
    writer.go("general")
    writer.run("document.querySelector('#text').focus()")
    type_(writer, "/")
    writer.until(lambda: options(writer)[:1] == ["help"])
    assert "leave" not in options(writer)  # nobody leaves the lobby
    type_(writer, "help", Keys.ENTER)
    writer.until(lambda: writer.has("dialog .help"))
    assert text(writer) == ""


@IN_ONE_BROWSER
def test_what_one_does_is_said_in_italics(writer: Window) -> None:
    type_(writer, "/nick Ada", Keys.ENTER)
    writer.shows("#my-name", "Ada")
    writer.until(lambda: text(writer) == "")
    sends(writer, "/me waves at @Éloïse", "Ada waves at @Éloïse")
    assert writer.run("return [...document.querySelectorAll('.message .body em')].length") == 1


@IN_ONE_BROWSER
def test_what_cannot_be_done_is_refused_in_place_and_the_text_stays(writer: Window) -> None:
    is_refused(writer, "/nosuch thing", "no command /nosuch")
    is_refused(writer, "/dm", "/dm NAME [TEXT]")
    is_refused(writer, "/dm Nobody hello", "Nobody of that name")
    is_refused(writer, "/kick Éloïse", "can’t use /kick")
    is_refused(writer, "/join no room!", "A room's name")
    assert writer.messages() == ["hello"]
    sends(writer, "//nosuch thing", "/nosuch thing")
    sends(writer, "/usr/bin is full", "/usr/bin is full")


def makes(window: Window, room: str) -> None:
    """Make a room, of which one is then the owner, and go there by a command."""
    window.run(
        "return fetch('/send', { method: 'POST', body: JSON.stringify(arguments[0]) })"
        ".then(() => 1)",
        {"type": "create", "room": room, "title": room, "access": "public"},
    )
    type_(window, f"/join {room}", Keys.ENTER)
    window.shows("#room-name", room)
    window.until(lambda: text(window) == "")


@IN_ONE_BROWSER
def test_rooms_are_made_described_and_left(writer: Window) -> None:
    type_(writer, "/join #Red Birds", Keys.ENTER)
    writer.shows("#room-name", "red-birds")
    writer.until(lambda: text(writer) == "")
    makes(writer, "lair")
    type_(writer, "/topic What flies by", Keys.ENTER)
    writer.shows("#topic", "What flies by")
    writer.until(lambda: text(writer) == "")
    type_(writer, "/leave", Keys.ENTER)
    writer.shows("#room-name", "general")


@IN_ONE_BROWSER
def test_somebody_is_invited_muted_and_removed(writer: Window, eloise: Guest) -> None:
    makes(writer, "den")
    type_(writer, "/invite Éloïse", Keys.ENTER)
    writer.until(lambda: text(writer) == "" and is_in(eloise, "den"))
    type_(writer, "/mute @éloïse too loud", Keys.ENTER)
    writer.until(lambda: text(writer) == "")
    but = {"type": "send", "room": "den", "text": "but", "key": "but"}
    assert refusal(eloise, but) == "muted"
    type_(writer, "/kick Éloïse still too loud", Keys.ENTER)
    writer.until(lambda: text(writer) == "" and not is_in(eloise, "den"))
    type_(writer, "/ban Éloïse", Keys.ENTER)
    writer.until(lambda: text(writer) == "")
    assert refusal(eloise, {"type": "join", "room": "den"}) == "banned"


def refusal(guest: Guest, command: dict[str, Any]) -> str:
    """Return the code by which a command is refused."""
    with pytest.raises(HTTPError) as refused:
        guest.do(command)
    return str(json.load(refused.value)["replies"][0]["code"])


def is_in(guest: Guest, room: str) -> bool:
    return any(each["room"] == room and each["is_member"] for each in guest.rooms())


@IN_ONE_BROWSER
def test_a_direct_message_is_written_by_a_command(writer: Window) -> None:
    type_(writer, "/dm Éloïse are you there?", Keys.ENTER)
    writer.shows("#room-name", "Éloïse")
    writer.until(lambda: writer.messages() == ["are you there?"])
    assert text(writer) == ""


def test_a_text_of_many_lines_that_is_pasted_stays_one_message(writer: Window) -> None:
    writer.run(
        "const field = document.querySelector('#text');"
        "document.execCommand('insertText', false, 'one\\n/two\\n@three'); field.focus()"
    )
    assert text(writer) == "one\n/two\n@three"
    type_(writer, Keys.ENTER)
    writer.until(lambda: writer.messages()[-1:] == ["one\n/two\n@three"])


@IN_CHROMIUM
def test_a_reaction_is_chosen_from_all_emoji_and_remembered(window: Window, room: str) -> None:
    window.run("localStorage.clear()")  # other tests have used some
    window.say("only")
    window.sees("only")
    window.run("document.querySelector('.message[data-offset]').focus()")
    message = window.focused()
    window.press(Keys.ENTER)
    window.find("#menu:popover-open")
    window.press(Keys.ARROW_LEFT)  # to the last item
    window.press(Keys.HOME, *[Keys.ARROW_RIGHT] * 6)
    assert window.run("return document.activeElement.dataset.action") == "emoji"
    window.press(Keys.ENTER)
    window.find(".emoji:popover-open")
    window.press("elephant")
    window.until(lambda: chosen(window) == "elephant")
    window.press(Keys.ENTER)
    window.until(lambda: window.text(".reaction__emoji") == "🐘")
    # The focus is with the message again.
    window.until(lambda: window.focused() == message)
    window.run("document.querySelector('#emoji').focus()")
    window.press(Keys.ENTER)
    window.find(".emoji:popover-open")
    assert window.text(".emoji__title") == "Recently used"
    window.press(Keys.ARROW_DOWN)
    assert chosen(window) == "elephant"
    window.press(Keys.ARROW_DOWN)
    assert chosen(window) == "grinning face"
    window.press(Keys.ARROW_RIGHT, Keys.ARROW_UP)
    assert chosen(window) == "elephant"
    window.press(Keys.ENTER)
    window.until(lambda: text(window) == "🐘")
    assert window.focused() == "text"


@IN_CHROMIUM
def test_the_names_of_emoji_are_loaded_when_somebody_looks_for_one(
    window: Window, room: str
) -> None:
    window.open(f"/rooms/{room}")
    loaded = (
        "return performance.getEntriesByType('resource').filter(e => e.name.includes('/emoji/'))"
    )
    window.say("see @ 10:30")
    window.sees("see @ 10:30")
    assert window.run(loaded) == []
    window.write(":sm")
    window.until(lambda: len(options(window)) == 8)
    names = [
        entry["name"]
        for entry in json.loads(
            window.run(loaded.replace("return ", "return JSON.stringify(") + ")")
        )
    ]
    assert names and all("/static/v" in name for name in names)


@IN_CHROMIUM
def test_the_switcher_goes_to_rooms_and_people(window: Window, known: Guest) -> None:
    for room in ("alps", "zoo"):
        window.join(room)
    press_with(window, Keys.CONTROL, "k")
    window.until(lambda: options(window)[:2] == ["general", "alps"])
    window.press("zo", Keys.ESCAPE)
    window.until(lambda: not window.has("dialog"))
    press_with(window, Keys.CONTROL, "k")
    window.until(lambda: options(window))
    window.press("al")
    window.until(lambda: chosen(window) == "alps")
    window.press(Keys.ENTER)
    window.shows("#room-name", "alps")
    press_with(window, Keys.CONTROL, "k")
    window.until(lambda: options(window))
    window.press("blue")
    window.until(lambda: chosen(window) == "Blue Birds")
    window.press(Keys.ENTER)
    window.shows("#room-name", "Blue Birds")
    window.find("#composer")
    press_with(window, Keys.CONTROL, "k")
    window.until(lambda: options(window))
    window.press("eloi")
    window.until(lambda: chosen(window) == "Éloïse")
    window.press(Keys.ENTER)
    window.shows("#room-name", "Éloïse")
    press_with(window, Keys.CONTROL, "k")
    window.until(lambda: options(window))
    window.press("new one")
    window.until(lambda: chosen(window) == "Join or create “new one”")
    window.press(Keys.ENTER)
    window.until(lambda: window.focused() == "room-input")
    window.press(Keys.ENTER)
    window.shows("#room-name", "new-one")


@IN_CHROMIUM
def test_alt_and_arrows_go_through_rooms_and_unread_ones(window: Window, known: Guest) -> None:
    for room in ("alps", "bees", "cats"):
        window.join(room)
    known.join("bees")
    window.go("general")
    press_with(window, Keys.ALT, Keys.ARROW_DOWN)
    window.shows("#room-name", "alps")
    press_with(window, Keys.ALT, Keys.ARROW_UP)
    press_with(window, Keys.ALT, Keys.ARROW_UP)
    window.shows("#room-name", "cats")
    known.say("bees", "bzz")
    window.find("#rooms [data-room=bees] .badge")
    press_with(window, Keys.ALT, Keys.SHIFT, Keys.ARROW_DOWN)
    window.shows("#room-name", "bees")


@IN_CHROMIUM
def test_a_question_mark_outside_of_fields_shows_the_keys(window: Window, room: str) -> None:
    window.write("why?")
    assert not window.has("dialog")
    window.run("document.activeElement.blur()")
    window.press("?")
    window.find("dialog .help")
    window.press(Keys.ESCAPE)
    window.until(lambda: not window.has("dialog"))
    assert text(window) == "why?"


@IN_CHROMIUM
def test_a_pencil_shows_where_a_text_waits(window: Window) -> None:
    window.join("alps")
    window.write("later")
    window.go("general")
    window.find("#rooms [data-room=alps] .room__draft")
    assert not window.has("#rooms [data-room=general] .room__draft")
    window.go("alps")
    window.until(lambda: not window.has(".room__draft"))
    window.press(Keys.ENTER)
    window.sees("later")
    window.go("general")
    assert not window.has(".room__draft")
