"""Making, joining and leaving rooms; what is unread."""

import secrets

import pytest
from selenium.webdriver.common.keys import Keys

from tests.browser.conftest import close_other_tabs
from tests.browser.guest import Guest
from tests.browser.person import Person

IN_CHROMIUM = pytest.mark.parametrize("shared_page", ["chromium"], indirect=True)

# Switches to a room; returns what is shown at the end of the frame in which that is drawn.
SWITCH = """
    const real = window.fetch
    window.asked = []
    window.fetch = (...all) => (window.asked.push(String(all[0])), real(...all))
    document.querySelector(`#rooms [data-room=${arguments[0]}]`).click()
    return new Promise((done) => requestAnimationFrame(() => done([
      document.getElementById("room-name").textContent,
      document.querySelectorAll("#messages > .message").length,
      [...document.querySelectorAll("#messages > .message .body")].at(-1)?.textContent,
    ])))
"""


def new_name() -> str:
    """Return the name of a room that is not there yet."""
    return f"new-{secrets.token_hex(4)}"


@IN_CHROMIUM
def test_a_room_is_made_joined_and_left(person: Person, other: Person) -> None:
    ada, bob = person, other
    for each in (ada, bob):
        each.leave_rooms()
    bob.open(transport="longpoll")
    ada.join("#Blue Birds", called="blue-birds")
    assert ada.rooms() == ["general", "blue-birds"]
    assert ada.driver.current_url.endswith("/rooms/blue-birds")
    ada.say("Anybody?")
    ada.sees("Anybody?")

    bob.click("#add-room")
    bob.click(".others__join[data-room=blue-birds]")
    bob.sees("Anybody?")
    ada.shows("#count", "2 here")
    bob.say("Me.")
    ada.sees("Anybody?", "Me.")

    bob.leave()
    assert bob.rooms() == ["general"]
    ada.shows("#count", "1 here")


@IN_CHROMIUM
def test_a_bad_name_for_a_room_is_refused_in_words(person: Person) -> None:
    window = person
    window.click("#add-room")
    window.find("#room-input").send_keys("über\n")
    window.until(lambda: "room's name" in window.text("#room-problem"))
    window.click("#room-cancel")
    assert window.rooms() == ["general"]


@IN_CHROMIUM
def test_what_is_said_elsewhere_is_counted_until_it_is_read(person: Person, room: str) -> None:
    guest, bob = Guest(person.server).join(room), person
    bob.open(transport="sse")
    guest.say(room, "one", "two")
    bob.until(lambda: bob.rooms() == ["general", f"{room} 2"])
    assert bob.driver.title == "(2) #general · Parley"

    bob.go(room)
    bob.sees("one", "two")
    bob.until(lambda: bob.rooms() == ["general", room])
    bob.until(lambda: bob.driver.title == f"#{room} · Parley")
    first = bob.run("return document.querySelector('.new').nextElementSibling.textContent")
    assert "one" in first
    bob.driver.refresh()  # the server knows it, too
    bob.is_connected("websocket")
    assert bob.rooms() == ["general", room]


@IN_CHROMIUM
def test_a_mention_elsewhere_marks_the_room(person: Person, room: str) -> None:
    guest, window = Guest(person.server).join(room), person
    window.call_me("Bob")
    window.go("general")
    window.until(lambda: window.text("#status-text").startswith("Connected"))
    guest.say(room, "@Bob, look")
    window.until(lambda: window.rooms() == ["general", f"{room} @1"])


@IN_CHROMIUM
def test_joining_in_one_window_shows_in_the_other_of_the_same_user(person: Person) -> None:
    window, room = person, new_name()
    window.open(transport="longpoll")
    window.run("window.other = open('/', '_blank')")
    first, second = window.driver.window_handles
    try:
        window.driver.switch_to.window(second)
        window.is_connected("websocket")
        window.join(room)
        window.driver.switch_to.window(first)
        window.until(lambda: window.rooms() == ["general", room])
        window.driver.switch_to.window(second)
        window.leave()
        window.driver.switch_to.window(first)
        window.until(lambda: window.rooms() == ["general"])
    finally:
        close_other_tabs(window.driver)


@IN_CHROMIUM
def test_a_room_one_is_not_in_can_be_read_and_joined(person: Person) -> None:
    window, room = person, new_name()
    Guest(person.server).join(room).say(room, "for all to see")
    window.open(f"/rooms/{room}")
    window.sees("for all to see")
    assert not window.has("#composer")
    window.click("#join")
    window.find("#composer")
    window.say("thanks")
    window.sees("for all to see", "thanks")


@IN_CHROMIUM
def test_who_comes_and_goes_is_told_in_one_line(person: Person, room: str) -> None:
    window, guest = person, Guest(person.server).join(room)
    window.until(lambda: window.text(".notice").endswith(" joined"))
    guest.do({"type": "leave", "room": room}, {"type": "join", "room": room})
    guest.say(room, "now I stay")
    window.sees("now I stay")
    assert len(window.driver.find_elements("css selector", ".notice")) == 1


@IN_CHROMIUM
def test_back_and_forward_go_through_the_rooms(person: Person, room: str) -> None:
    window = person
    window.driver.back()
    window.shows("#room-name", "general")
    window.driver.forward()
    window.shows("#room-name", room)


@IN_CHROMIUM
def test_what_comes_while_the_window_is_hidden_is_unread(person: Person, room: str) -> None:
    window, guest = person, Guest(person.server).join(room)
    guest.say(room, "seen")
    window.sees("seen")
    place = window.driver.get_window_rect()
    window.driver.minimize_window()
    try:
        window.until(lambda: window.run("return document.hidden"))
        guest.say(room, "unseen", "this too")
        window.until(lambda: window.driver.title == f"(2) #{room} · Parley")
    finally:
        window.driver.set_window_rect(**place)
    window.until(lambda: window.driver.title == f"#{room} · Parley")
    first = window.run("return document.querySelector('.new').nextElementSibling.textContent")
    assert "unseen" in first


@IN_CHROMIUM
def test_an_empty_room_invites_to_begin(person: Person, room: str) -> None:
    window = person
    window.until(lambda: window.has("#empty"))
    window.click("#empty-hello")
    window.until(lambda: window.focused() == "text")
    window.click("#empty-invite")
    window.find("dialog[open]")
    window.press(Keys.ESCAPE)
    window.say("hello")
    window.sees("hello")
    assert not window.has("#empty") and not window.has("#empty-deeds")


def test_a_room_that_was_open_before_is_shown_in_the_same_frame_without_a_request(
    person: Person, room: str
) -> None:
    page, guest, second = person, Guest(person.server).join(room), new_name()
    guest.say(room, *(f"first {n}" for n in range(30)))
    guest.join(second).say(second, *(f"second {n}" for n in range(20)))
    page.open(f"/rooms/{second}")
    page.run("document.getElementById('join').click()")
    page.until(lambda: page.has("#composer"))
    page.go(room)
    page.sees("first 29")
    guest.say(second, "meanwhile")
    page.until(lambda: f"{second} 1" in page.rooms())

    assert page.run(SWITCH, second) == [second, 21, "meanwhile"]
    page.until(lambda: second in page.rooms())  # it is read, so all that follows has happened
    assert page.run("return window.asked") == []
