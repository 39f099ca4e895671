"""Order in rooms, as members see it: muted, slowed, locked, removed with the room."""

from collections.abc import Iterator, Sequence

import pytest
from selenium.webdriver import Chrome

from tests.browser.conftest import forget_everything
from tests.browser.person import Person, set_up, setup_path, sign_up_by
from tests.browser.window import SAY, USER, WRITE
from tests.support.server import run_server


@pytest.fixture(scope="module")
def members(browsers: tuple[Chrome, Chrome], port: int) -> Iterator[Sequence[Person]]:
    """Zoe, who owns the server, and Max, whom she has invited."""
    with run_server(port=port, RATE_LIMITS="off") as server:
        for driver in browsers:
            forget_everything(driver)
        zoe, max_ = (Person(driver, server.url) for driver in browsers)
        sign_up_by(max_, set_up(zoe, setup_path(server), "Zoe"), "Max")
        zoe.enter()
        yield zoe, max_
        for driver in browsers:
            driver.get("about:blank")
            driver.execute_cdp_cmd("Network.clearBrowserCookies", {})


@pytest.fixture
def people(members: Sequence[Person], request: pytest.FixtureRequest) -> Sequence[Person]:
    """The same in a private room of Zoe's, another one for each test."""
    zoe, max_ = members
    title = request.node.name[-40:]
    for person in members:
        person.close_dialogs()
    zoe.press_on("#add-room")
    zoe.press_on("#new-room")
    zoe.fill("dialog[open] [name=title]", title)
    zoe.submit()
    zoe.shows("#room-name", title)
    user = max_.run(USER)
    zoe.perform({"type": "invite", "room": room_of(zoe), "user": user})
    max_.go_to(title)
    max_.write_and_send("Hello")
    zoe.sees("Hello")
    return members


def room_of(person: Person) -> str:
    return person.address.removeprefix("/rooms/")


def is_blocked(person: Person, words: str) -> None:
    """Nothing can be sent; the note says why, and the text stays."""
    person.until(lambda: words in person.text("#note"), person.text("#note"))
    person.run(SAY, "is this lost?")
    assert person.run("return document.querySelector('#text').value") == "is this lost?"
    assert not person.run("return document.querySelectorAll('.message--waiting').length")
    person.run(WRITE, "")


def test_who_is_muted_or_in_a_locked_or_archived_room_is_told_and_keeps_the_text(
    people: Sequence[Person],
) -> None:
    zoe, max_ = people
    zoe.person_menu("Max", "mute")
    zoe.fill("dialog[open] [name=reason]", "noise")
    zoe.submit()
    is_blocked(max_, "You are muted here until")
    zoe.press_on("#about-room")
    zoe.in_row("Max", "Lift")
    max_.until(lambda: not max_.has("#note"))
    max_.write_and_send("I can write again")
    zoe.close_dialogs()
    for setting, words in (("Locked", "locked"), ("Archived", "archived")):
        zoe.press_on("#about-room")
        zoe.tick(setting)
        zoe.press_on("dialog[open] button", "Save")
        is_blocked(max_, words)
        zoe.close_dialogs()


def test_in_slow_mode_the_next_message_waits_and_goes_and_other_rooms_go_on(
    people: Sequence[Person],
) -> None:
    zoe, max_ = people
    zoe.perform({"type": "set", "room": room_of(zoe), "slow_mode_s": 6})
    max_.until(lambda: "6 seconds" in max_.text("#note"))
    max_.run(SAY, "first")
    max_.sees("first")
    max_.run(SAY, "second")
    max_.until(lambda: "slow mode: goes at" in max_.text(".message--waiting .delivery"))
    max_.go_to("general")
    max_.run(SAY, "meanwhile")
    max_.sees("meanwhile")
    zoe.sees("first", "second")


def test_a_moderator_deletes_what_others_wrote(people: Sequence[Person]) -> None:
    zoe, max_ = people
    script = "arguments[0].querySelector('.more').click()"
    max_.run(script, max_.message("Hello"))
    max_.until(lambda: max_.has("#menu:popover-open"))
    assert max_.has("#menu [data-action=delete]")  # it is theirs
    max_.run("document.querySelector('#menu').hidePopover()")
    user = max_.run(USER)
    zoe.write_and_send("Of an owner")
    max_.sees("Of an owner")
    max_.run(script, max_.message("Of an owner"))
    max_.until(lambda: max_.has("#menu:popover-open"))
    assert not max_.has("#menu [data-action=delete]")
    max_.run("document.querySelector('#menu').hidePopover()")
    zoe.perform({"type": "role", "room": room_of(zoe), "user": user, "role": "moderator"})
    max_.until(lambda: "Zoe made Max a moderator" in max_.text("#messages"))
    max_.run(script, max_.message("Of an owner"))
    max_.press_on("#menu [data-action=delete]", "Delete")
    max_.press_on("#menu [data-action=delete]", "Really delete?")
    for person in people:
        person.until(lambda p=person: p.messages()[-1] == "This message was deleted.")


def test_who_reads_a_room_that_is_deleted_is_told_and_is_in_the_lobby(
    people: Sequence[Person],
) -> None:
    zoe, max_ = people
    title = zoe.text("#room-name")
    zoe.press_on("#about-room")
    zoe.press_on("dialog[open] button", "Delete this room…")
    zoe.press_on("dialog[open] button", "Really delete it, with all that was said?")
    for person in people:
        person.shows("#room-name", "general")
        person.until(lambda p=person: title not in p.room_names())
    max_.until(lambda: f"{title} is gone" in max_.text("#removed-text"))
    assert not zoe.has("#removed")
