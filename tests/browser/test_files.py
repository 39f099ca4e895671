"""Files in the page: chosen, pasted, dropped; uploaded whatever the network does, and shown."""

from collections.abc import Iterator

import pytest
from selenium.webdriver.common.keys import Keys

from tests.browser.conftest import close_other_tabs
from tests.browser.given_files import CHIPS, NOTES, SEA, SEA_SHOWN, give, has_ready, shows_files
from tests.browser.person import Person
from tests.browser.window import SAY, block
from tests.support.hostile import HostileNetwork, Mode, run_hostile
from tests.support.server import ServerProcess

HEIGHT = "return document.querySelector('#messages').getBoundingClientRect().height"
# Where tabs and commands of the DevTools are needed.
IN_CHROMIUM = pytest.mark.parametrize("shared_page", ["chromium"], indirect=True)


@pytest.fixture(scope="module")
def shared_network(shared_server: ServerProcess) -> Iterator[HostileNetwork]:
    """Between all pages of this file and their server."""
    with run_hostile(shared_server.port) as network:
        yield network


@pytest.fixture(scope="module")
def shared_url(shared_network: HostileNetwork) -> str:
    return shared_network.url


@pytest.fixture
def network(shared_network: HostileNetwork, person: Person) -> Iterator[HostileNetwork]:
    """The same; it is friendly before a test and after it."""
    yield shared_network
    shared_network.become(Mode.FRIENDLY)


def test_files_are_chosen_pasted_and_dropped_and_a_message_needs_no_text(
    person: Person, room: str
) -> None:
    me = person
    give(me, "choose", SEA)
    give(me, "paste", {"name": "shot.png", "width": 100, "height": 50})
    give(me, "drop", NOTES)
    has_ready(me, "sea.png", "shot.png", "notes <b>.txt")
    me.run(SAY, "")
    shows_files(me, ["sea.png", 200, 150], ["shot.png", 100, 50], "notes <b>.txt")
    assert me.run(CHIPS) == []
    assert not me.has(".message:not([data-offset])")

    give(me, "choose", SEA)
    has_ready(me, "sea.png")
    me.run(SAY, "The sea")
    shows_files(me, SEA_SHOWN)
    me.sees("", "The sea")
    me.enter(me.address)  # as the server has rendered it
    shows_files(me, SEA_SHOWN)
    size = me.run("return document.querySelector('.file__size').textContent")
    assert size == "1.23 kB"
    got = me.run(
        "return fetch(document.querySelector('a.file').href).then(async (answer) => "
        "[answer.headers.get('Content-Disposition').split(';')[0], "
        "(await answer.arrayBuffer()).byteLength])"
    )
    assert got == ["attachment", 1234]


def test_the_files_of_a_draft_belong_to_its_room_and_survive_a_reload(
    person: Person, room: str
) -> None:
    me = person
    give(me, "choose", SEA, NOTES)
    has_ready(me, "sea.png", "notes <b>.txt")
    me.go("general")
    assert me.run(CHIPS) == []
    me.go(room)
    has_ready(me, "sea.png", "notes <b>.txt")
    me.enter(me.address)
    has_ready(me, "sea.png", "notes <b>.txt")
    me.press_on(".attachment__remove")  # the last one's
    has_ready(me, "sea.png")
    me.run(SAY, "")
    shows_files(me, SEA_SHOWN)
    me.enter(me.address)
    assert me.run(CHIPS) == []


@IN_CHROMIUM
def test_tabs_have_the_same_files_and_send_them_once(person: Person, room: str) -> None:
    tabs = person
    give(tabs, "choose", SEA)
    has_ready(tabs, "sea.png")
    first, path = tabs.driver.current_window_handle, tabs.address
    try:
        tabs.driver.switch_to.new_window("tab")
        tabs.enter(path)
        give(tabs, "choose", NOTES)
        has_ready(tabs, "sea.png", "notes <b>.txt")
        tabs.driver.switch_to.window(first)
        has_ready(tabs, "sea.png", "notes <b>.txt")
        tabs.run(SAY, "")
        shows_files(tabs, ["sea.png", 200, 150], "notes <b>.txt")
        tabs.driver.switch_to.window(tabs.driver.window_handles[-1])
        tabs.until(lambda: tabs.run(CHIPS) == [])
    finally:
        close_other_tabs(tabs.driver)


def test_what_is_chosen_without_a_connection_is_uploaded_with_the_next_one(
    person: Person, room: str, network: HostileNetwork
) -> None:
    me = person
    give(me, "choose", NOTES)  # what uploads is loaded
    has_ready(me, "notes <b>.txt")
    network.become(Mode.DOWN)
    me.until(lambda: me.has("#bar"))
    give(me, "choose", SEA)
    me.until(lambda: "keep this page open" in me.text("#attachments"))
    me.run(SAY, "from the tunnel")
    me.shows("#text-problem", "This is sent as soon as its files are uploaded.")
    network.become(Mode.FRIENDLY)
    me.sees("from the tunnel")
    shows_files(me, "notes <b>.txt", ["sea.png", 200, 150])
    assert me.text("#text-problem") == ""


def test_an_upload_shows_its_progress_and_is_cancelled(
    person: Person, room: str, network: HostileNetwork
) -> None:
    me = person
    give(me, "choose", NOTES)  # what uploads is loaded
    has_ready(me, "notes <b>.txt")
    network.become(Mode.SWALLOW_ALL)
    give(me, "choose", {"name": "film.mp4", "bytes": 30_000_000}, SEA)
    film = ".attachment[data-state=uploading]"
    value = f"return document.querySelector('{film} progress')?.value ?? 0"
    me.until(lambda: 0 < me.run(value) < 1)
    assert "of 30 MB" in me.text(f"{film} .attachment__about")
    me.enter_on(f"{film} .attachment__remove")
    me.until(lambda: [name for name, _ in me.run(CHIPS)] == ["notes <b>.txt", "sea.png"])
    assert "attachment__remove" in me.focused()  # of the next one
    network.become(Mode.FRIENDLY)
    has_ready(me, "notes <b>.txt", "sea.png")


def test_an_upload_that_is_cut_again_and_again_says_why_and_is_tried_again(
    person: Person, room: str, network: HostileNetwork
) -> None:
    me = person
    network.become(Mode.UPLOADS_CUT)
    give(me, "choose", SEA)
    me.until(lambda: me.run(CHIPS) == [["sea.png", "failed"]])
    assert "could not be reached" in me.text(".attachment__about")
    me.run(SAY, "look")
    me.shows("#text-problem", "A file could not be uploaded: try again, or remove it.")
    network.become(Mode.FRIENDLY)
    me.enter_on(".attachment__retry")
    has_ready(me, "sea.png")
    me.enter_on("#text")
    me.sees("look")
    shows_files(me, SEA_SHOWN)


@IN_CHROMIUM
def test_nothing_moves_when_pictures_come_also_without_scripts(person: Person, room: str) -> None:
    window = person
    for files in ((SEA,), (SEA, NOTES)):
        give(window, "choose", *files)
        has_ready(window, *(str(file["name"]) for file in files))
        window.run(SAY, "")
        window.until(lambda: window.run(CHIPS) == [])
    shows_files(window, ["sea.png", 200, 150], "notes <b>.txt")
    height = window.run(HEIGHT)
    path = window.address
    try:
        block(window.driver, "*/files/*")
        window.driver.execute_cdp_cmd("Network.setCacheDisabled", {"cacheDisabled": True})
        window.enter(path)
        shows_files(window, "sea.png", "notes <b>.txt")  # not loaded
        assert window.run(HEIGHT) == height
        block(window.driver)
        window.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
        window.visit(path)
        shows_files(window, ["sea.png", 200, 150], "notes <b>.txt")
    finally:
        window.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
        window.driver.execute_cdp_cmd("Network.setCacheDisabled", {"cacheDisabled": False})
        block(window.driver)
        window.enter(path)


def test_a_picture_is_shown_large_and_the_keyboard_leads_to_the_others(
    person: Person, room: str
) -> None:
    me = person
    for name in ("one.png", "two.png"):
        give(me, "choose", SEA | {"name": name})
        has_ready(me, name)
        me.run(SAY, "")
        shows_files(me, [name, 360, 270])
    me.press_on("a.picture[title='one.png']")
    me.until(lambda: me.has(".viewer"))
    me.shows(".viewer__about", "1 of 2")
    me.press(Keys.ARROW_LEFT)
    me.press(Keys.ARROW_RIGHT)
    me.shows(".viewer__name", "two.png")
    me.press(Keys.ARROW_RIGHT)
    me.shows(".viewer__about", "2 of 2")
    me.press(Keys.ESCAPE)
    me.until(lambda: not me.has(".viewer"))
    focused = "return document.activeElement.title"
    me.until(lambda: me.run(focused) == "two.png")
    me.press(Keys.ENTER)
    me.until(lambda: me.has(".viewer"))
    me.press(Keys.ESCAPE)
    me.until(lambda: not me.has(".viewer"))
    # By the keyboard alone: from the newest message into it.
    me.run("[...document.querySelectorAll('.message')].at(-1).focus()")
    me.press(Keys.TAB)
    while me.run(focused) != "two.png":
        assert me.run("return document.activeElement.closest('.message') !== null")
        me.press(Keys.TAB)


def test_the_focus_stays_with_a_message_that_is_delivered(
    person: Person, room: str, shared_server: ServerProcess
) -> None:
    me = person
    delivered = "return document.querySelectorAll('.message[data-offset]').length"
    give(me, "choose", SEA)
    has_ready(me, "sea.png")
    me.run(SAY, "seen from the shore")
    shows_files(me, SEA_SHOWN)
    me.press_on("a.picture")  # which loads what shows pictures
    me.until(lambda: me.has(".viewer"))
    me.press(Keys.ESCAPE)
    me.until(lambda: not me.has(".viewer"))
    give(me, "choose", SEA | {"name": "out.png"})
    has_ready(me, "out.png")
    with shared_server.paused():
        me.run(SAY, "farther out")
        me.press_on(".message[data-key] a.picture")
        me.until(lambda: me.has(".viewer"))
    me.until(lambda: me.run(delivered) == 2)
    me.press(Keys.ESCAPE)
    focused = "return document.activeElement.matches('[data-offset] a.picture[title=\"out.png\"]')"
    me.until(lambda: me.run(focused))  # once the event tells that the viewer is closed
    with shared_server.paused():
        me.run(SAY, "and from the sea")
        me.until(lambda: me.has(".message[data-key]"))
        me.run("document.querySelector('.message[data-key]').focus()")
    me.until(lambda: me.run(delivered) == 3)
    assert "from the sea" in me.run("return document.activeElement.textContent")
