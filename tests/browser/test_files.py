"""Files in the page: chosen, pasted, dropped; shown to all, on every way and by every instance."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys

from tests.browser.given_files import CHIPS, give, has_ready
from tests.browser.person import Person
from tests.browser.window import SAY, Window, block
from tests.support.hostile import Mode, run_hostile
from tests.support.redis_server import run_redis
from tests.support.s3 import s3_bucket
from tests.support.server import ServerProcess, run_server

# Of the last message: each file's name, and the size of a picture as it is shown, once it has come.
SHOWN = """
    const row = [...document.querySelectorAll(".message[data-offset]")].at(-1)
    return [...row?.querySelectorAll(".files > li") ?? []].map((item) => {
        const image = item.querySelector("img")
        if (!image) return item.querySelector(".file__name").textContent
        const { width, height } = image.getBoundingClientRect()
        return image.complete && image.naturalWidth ? [image.alt, width, height] : image.alt
    })
"""
HEIGHT = "return document.querySelector('#messages').getBoundingClientRect().height"
SEA = {"name": "sea.png", "width": 1600, "height": 1200}
SEA_SHOWN = ["sea.png", 360, 270]
NOTES = {"name": "notes <b>.txt", "bytes": 1234}


def shows_files(window: Window, *files: Any) -> None:
    """Wait until the last message has exactly these."""
    wanted = list(files)
    window.until(lambda: window.run(SHOWN) == wanted, f"{window.run(SHOWN)} is not {wanted}")


def test_files_are_chosen_pasted_and_dropped_and_a_message_needs_no_text(page: Window) -> None:
    me = Person(page.driver, page.server)
    me.enter()
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
    me.enter()  # as the server has rendered it
    shows_files(me, SEA_SHOWN)
    size = me.run("return document.querySelector('.file__size').textContent")
    assert size == "1.23 kB"
    got = me.run(
        "return fetch(document.querySelector('a.file').href).then(async (answer) => "
        "[answer.headers.get('Content-Disposition').split(';')[0], "
        "(await answer.arrayBuffer()).byteLength])"
    )
    assert got == ["attachment", 1234]


def test_the_files_of_a_draft_belong_to_its_room_and_survive_a_reload(page: Window) -> None:
    me = Person(page.driver, page.server)
    me.enter()
    me.perform({"type": "join", "room": "dev"})
    give(me, "choose", SEA, NOTES)
    has_ready(me, "sea.png", "notes <b>.txt")
    me.go("dev")
    assert me.run(CHIPS) == []
    me.go("general")
    has_ready(me, "sea.png", "notes <b>.txt")
    me.enter()
    has_ready(me, "sea.png", "notes <b>.txt")
    me.press_on(".attachment__remove")  # the last one's
    has_ready(me, "sea.png")
    me.run(SAY, "")
    shows_files(me, SEA_SHOWN)
    me.enter()
    assert me.run(CHIPS) == []


def test_tabs_have_the_same_files_and_send_them_once(tabs: Window) -> None:
    tabs.open()
    give(tabs, "choose", SEA)
    has_ready(tabs, "sea.png")
    first = tabs.driver.current_window_handle
    tabs.driver.switch_to.new_window("tab")
    tabs.open()
    give(tabs, "choose", NOTES)
    has_ready(tabs, "sea.png", "notes <b>.txt")
    tabs.driver.switch_to.window(first)
    has_ready(tabs, "sea.png", "notes <b>.txt")
    tabs.run(SAY, "")
    shows_files(tabs, ["sea.png", 200, 150], "notes <b>.txt")
    tabs.driver.switch_to.window(tabs.driver.window_handles[-1])
    tabs.until(lambda: tabs.run(CHIPS) == [])


def test_what_is_chosen_without_a_connection_is_uploaded_with_the_next_one(page: Window) -> None:
    with run_hostile(int(page.server.rpartition(":")[2])) as network:
        me = Person(page.driver, network.url)
        me.enter()
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
        me.visit("/doctor")  # its connections end before the network does


def test_an_upload_shows_its_progress_and_is_cancelled(page: Window) -> None:
    with run_hostile(int(page.server.rpartition(":")[2])) as network:
        me = Person(page.driver, network.url)
        me.enter()
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
        me.visit("/doctor")  # its connections end before the network does


def test_an_upload_that_is_cut_again_and_again_says_why_and_is_tried_again(page: Window) -> None:
    with run_hostile(int(page.server.rpartition(":")[2])) as network:
        me = Person(page.driver, network.url)
        me.enter()
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
        me.visit("/doctor")


def test_refusals_are_in_words(browser: Any) -> None:
    with run_server(FILE_MB="1", FILES_MB_PER_DAY="1") as server:
        me = Person(browser, server.url)
        me.enter()
        give(me, "choose", {"name": "large.bin", "bytes": 1_000_001}, {"name": "none", "bytes": 0})
        about = "return [...document.querySelectorAll('.attachment__about')].map(e => e.innerText)"
        me.until(lambda: me.run(CHIPS) == [["large.bin", "failed"], ["none", "failed"]])
        assert me.run(about) == ["This file is too large: 1 MB is the most.", "This file is empty."]
        assert not me.has(".attachment__retry")  # that would not help
        me.run("for (const e of document.querySelectorAll('.attachment__remove')) e.click()")
        me.until(lambda: me.run(CHIPS) == [])
        give(me, "choose", {"name": "1.bin", "bytes": 900_000})
        has_ready(me, "1.bin")
        give(me, "choose", {"name": "2.bin", "bytes": 900_000})
        me.until(lambda: me.run(CHIPS) == [["1.bin", "ready"], ["2.bin", "failed"]])
        assert "You have uploaded much today; upload more later." in me.text("#attachments")
        give(me, "choose", *({"name": f"{n}.txt", "bytes": 0} for n in range(9)))
        me.shows("#text-problem", "A message has at most 10 files.")
        browser.get("about:blank")


def test_where_there_are_no_files_nothing_offers_them(browser: Any) -> None:
    with run_server(FILES="off") as server:
        me = Person(browser, server.url)
        me.enter()
        assert not me.has("#attach")
        me.run(SAY, "words are enough")
        me.sees("words are enough")
        browser.get("about:blank")


def test_nothing_moves_when_pictures_come_also_without_scripts(window: Window) -> None:
    window.open()
    for files in ((SEA,), (SEA, NOTES)):
        give(window, "choose", *files)
        has_ready(window, *(str(file["name"]) for file in files))
        window.run(SAY, "")
        window.until(lambda: window.run(CHIPS) == [])
    shows_files(window, ["sea.png", 200, 150], "notes <b>.txt")
    height = window.run(HEIGHT)
    block(window.driver, "*/files/*")
    window.driver.execute_cdp_cmd("Network.setCacheDisabled", {"cacheDisabled": True})
    try:
        window.open()
        shows_files(window, "sea.png", "notes <b>.txt")  # not loaded
        assert window.run(HEIGHT) == height
        block(window.driver)
        window.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
        window.driver.get(f"{window.server}/")
        shows_files(window, ["sea.png", 200, 150], "notes <b>.txt")
    finally:
        window.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
        window.driver.execute_cdp_cmd("Network.setCacheDisabled", {"cacheDisabled": False})


def test_a_picture_is_shown_large_and_the_keyboard_leads_to_the_others(page: Window) -> None:
    me = Person(page.driver, page.server)
    me.enter()
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
    page: Window, server: ServerProcess
) -> None:
    me = Person(page.driver, page.server)
    me.enter()
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
    server.pause()
    me.run(SAY, "farther out")
    me.press_on(".message[data-key] a.picture")
    me.until(lambda: me.has(".viewer"))
    server.go_on()
    me.until(lambda: me.run(delivered) == 2)
    me.press(Keys.ESCAPE)
    me.until(lambda: not me.has(".viewer"))
    focused = "return document.activeElement.matches('[data-offset] a.picture[title=\"out.png\"]')"
    assert me.run(focused)
    server.pause()
    me.run(SAY, "and from the sea")
    me.until(lambda: me.has(".message[data-key]"))
    me.run("document.querySelector('.message[data-key]').focus()")
    server.go_on()
    me.until(lambda: me.run(delivered) == 3)
    assert "from the sea" in me.run("return document.activeElement.textContent")


@pytest.fixture(scope="module")
def two_instances() -> Iterator[tuple[ServerProcess, ServerProcess]]:
    """Share a Redis and a store that speaks S3, and nothing else."""
    with ExitStack() as stack:
        redis = stack.enter_context(run_redis())
        bucket = stack.enter_context(s3_bucket())
        shared = {"REDIS_URL": redis.url, "FILES_URL": bucket}
        one, two = (stack.enter_context(run_server(**shared)) for _ in range(2))
        yield one, two


@pytest.fixture(params=["chromium", "firefox"])
def two_people(
    request: pytest.FixtureRequest, two_instances: tuple[ServerProcess, ServerProcess]
) -> Iterator[list[Person]]:
    """In a room of their own, each at another instance and over long polling."""
    with ExitStack() as stack:
        if request.param == "chromium":
            drivers = [window.driver for window in request.getfixturevalue("windows")]
        else:
            firefox = request.getfixturevalue("firefox")
            drivers = [stack.enter_context(firefox.new_user()) for _ in range(2)]
        people = [
            Person(driver, instance.url)
            for driver, instance in zip(drivers, two_instances, strict=True)
        ]
        for person in people:
            person.enter(transport="longpoll")
            person.perform({"type": "join", "room": request.param})
            person.go(request.param)
        yield people
        for person in people:
            person.visit("/doctor")  # it must not go on trying to connect


def test_a_picture_is_seen_over_long_polling_by_another_instance(
    two_people: list[Person],
) -> None:
    ada, bob = two_people
    give(ada, "paste", SEA)
    has_ready(ada, "sea.png")
    ada.run(SAY, "")
    for person in two_people:
        shows_files(person, SEA_SHOWN)
    bob.run(
        "[...document.querySelectorAll('.message')].at(-1).querySelector('.tool--reply').click()"
    )
    bob.shows("#replying-text", "a picture")
    bob.run(SAY, "beautiful")
    ada.sees("", "beautiful")
    assert ada.text(".quote") and "a picture" in ada.text("#messages .quote")
    ada.enter(ada.address, transport="longpoll")  # from the server's page
    ada.until(lambda: "a picture" in ada.text("#messages .quote"))
    ada.run("document.querySelector('.message .more').click()")
    ada.press_on("#menu:popover-open [data-action=delete]")
    ada.press_on("#menu:popover-open [data-action=delete]", "Really delete?")
    bob.until(lambda: not bob.has(".picture"))
