"""Making, joining and leaving rooms; what is unread."""

from selenium.webdriver.common.keys import Keys

from tests.browser.guest import Guest
from tests.browser.window import Window

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


def test_a_room_is_made_joined_and_left(windows: tuple[Window, Window]) -> None:
    ada, bob = windows
    ada.open()
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


def test_a_bad_name_for_a_room_is_refused_in_words(window: Window) -> None:
    window.open()
    window.click("#add-room")
    window.find("#room-input").send_keys("über\n")
    window.until(lambda: "room's name" in window.text("#room-problem"))
    window.click("#room-cancel")
    assert window.rooms() == ["general"]


def test_what_is_said_elsewhere_is_counted_until_it_is_read(window: Window) -> None:
    guest, bob = Guest(window.server), window
    bob.open(transport="sse")
    guest.do({"type": "join", "room": "dev"})
    bob.join("dev")
    bob.go("general")
    guest.say("dev", "one", "two")
    bob.until(lambda: bob.rooms() == ["general", "dev 2"])
    assert bob.driver.title == "(2) #general · Parley"

    bob.go("dev")
    bob.sees("one", "two")
    bob.until(lambda: bob.rooms() == ["general", "dev"])
    bob.until(lambda: bob.driver.title == "#dev · Parley")
    first = bob.run("return document.querySelector('.new').nextElementSibling.textContent")
    assert "one" in first
    bob.driver.refresh()  # the server knows it, too
    bob.is_connected("websocket")
    assert bob.rooms() == ["general", "dev"]


def test_a_mention_elsewhere_marks_the_room(window: Window) -> None:
    guest = Guest(window.server)
    guest.do({"type": "join", "room": "dev"})
    window.open()
    window.join("dev")
    window.call_me("Bob")
    window.go("general")
    window.is_connected("websocket")
    guest.say("dev", "@Bob, look")
    window.until(lambda: window.rooms() == ["general", "dev @1"])


def test_joining_in_one_window_shows_in_the_other_of_the_same_user(window: Window) -> None:
    window.open(transport="longpoll")
    window.run("window.other = open('/', '_blank')")
    first, second = window.driver.window_handles
    try:
        window.driver.switch_to.window(second)
        window.is_connected("websocket")
        window.join("dev")
        window.driver.switch_to.window(first)
        window.until(lambda: window.rooms() == ["general", "dev"])
        window.driver.switch_to.window(second)
        window.leave()
        window.driver.switch_to.window(first)
        window.until(lambda: window.rooms() == ["general"])
    finally:
        window.driver.switch_to.window(second)
        window.driver.close()
        window.driver.switch_to.window(first)


def test_a_room_one_is_not_in_can_be_read_and_joined(window: Window) -> None:
    guest = Guest(window.server)
    guest.do({"type": "join", "room": "dev"})
    guest.say("dev", "for all to see")
    window.open("/rooms/dev")
    window.sees("for all to see")
    assert not window.has("#composer")
    window.click("#join")
    window.find("#composer")
    window.say("thanks")
    window.sees("for all to see", "thanks")


def test_who_comes_and_goes_is_told_in_one_line(window: Window) -> None:
    window.open()
    window.join("dev")
    guest = Guest(window.server)
    guest.do({"type": "join", "room": "dev"})
    window.until(lambda: window.text(".notice").endswith(" joined"))
    guest.do({"type": "leave", "room": "dev"}, {"type": "join", "room": "dev"})
    guest.say("dev", "now I stay")
    window.sees("now I stay")
    assert len(window.driver.find_elements("css selector", ".notice")) == 1


def test_back_and_forward_go_through_the_rooms(window: Window) -> None:
    window.open()
    window.join("dev")
    window.driver.back()
    window.shows("#room-name", "general")
    window.driver.forward()
    window.shows("#room-name", "dev")


def test_what_comes_while_the_window_is_hidden_is_unread(window: Window) -> None:
    guest = Guest(window.server)
    window.open()
    guest.say("general", "seen")
    window.sees("seen")
    place = window.driver.get_window_rect()
    window.driver.minimize_window()
    try:
        window.until(lambda: window.run("return document.hidden"))
        guest.say("general", "unseen", "this too")
        window.until(lambda: window.driver.title == "(2) #general · Parley")
    finally:
        window.driver.set_window_rect(**place)
    window.until(lambda: window.driver.title == "#general · Parley")
    first = window.run("return document.querySelector('.new').nextElementSibling.textContent")
    assert "unseen" in first


def test_an_empty_room_invites_to_begin(window: Window) -> None:
    window.open()
    window.join("quiet")
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
    page: Window,
) -> None:
    guest = Guest(page.server)
    guest.say("general", *(f"general {n}" for n in range(30)))
    guest.do({"type": "join", "room": "dev"})
    guest.say("dev", *(f"dev {n}" for n in range(20)))
    page.open("/rooms/dev")
    page.run("document.getElementById('join').click()")
    page.until(lambda: page.has("#composer"))
    page.go("general")
    page.sees("general 29")
    guest.say("dev", "meanwhile")
    page.until(lambda: "dev 1" in page.rooms())

    assert page.run(SWITCH, "dev") == ["dev", 21, "meanwhile"]
    page.until(lambda: "dev" in page.rooms())  # it is read, so all that follows has happened
    assert page.run("return window.asked") == []
