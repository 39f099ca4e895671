"""The page below a path, behind a proxy: everything that it asks for is there."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.browser.guest import Guest
from tests.browser.window import STATUS, Window
from tests.security.case import faults
from tests.support import below_a_path
from tests.support.below_a_path import BASE_PATH
from tests.support.nginx import run_nginx
from tests.support.server import ServerProcess, run_server

# Each address that the page has asked for, with the status that it was answered with.
ASKED = """
    return performance.getEntries().filter(e => e.responseStatus !== undefined)
        .map(e => [e.name, e.responseStatus])
"""

# Whether the last message's time, which is its permalink, leads there.
NEWEST = "return [...document.querySelectorAll('#messages .when')].at(-1).pathname === arguments[0]"


@pytest.fixture(scope="module")
def site() -> Iterator[tuple[str, ServerProcess]]:
    with (
        run_server(BASE_PATH=BASE_PATH, RATE_LIMITS="off", BEHIND_PROXY="127.0.0.1") as server,
        run_nginx([server.port], changed=below_a_path.nginx) as url,
    ):
        yield f"{url}{BASE_PATH}", server
        assert server.stop() == 0
        assert faults(server) == []


@pytest.fixture
def people(
    windows: tuple[Window, Window], site: tuple[str, ServerProcess]
) -> Iterator[tuple[Window, Window]]:
    for window in windows:
        window.server = site[0]
    yield windows
    for window in windows:
        window.driver.get("about:blank")  # before the server goes


def asked(window: Window) -> list[tuple[str, int]]:
    """Return what was asked for and answered, by path."""
    found = window.run(ASKED)
    return [(urlsplit(name).path, status) for name, status in found if status]


def path(window: Window) -> str:
    return urlsplit(window.driver.current_url).path


def test_people_talk_by_every_transport(people: tuple[Window, Window]) -> None:
    ada, bob = people
    bob.open()
    # What shares a connection among tabs has addresses of its own, whatever the transport.
    for transport, tabs in zip(STATUS, ["worker", "leader", "own"], strict=True):
        ada.driver.get(f"{ada.server}/?tabs={tabs}&transports={transport}")
        ada.is_connected(transport)
        text = f"{transport} by {tabs}"
        ada.say(text)
        bob.sees(text)
        for window in people:
            answers = asked(window)
            assert len(answers) >= 4  # the page, its style sheet and scripts
            assert [a for a in answers if not a[0].startswith(f"{BASE_PATH}/") or a[1] >= 400] == []


def test_rooms_permalinks_and_names_are_below_it(people: tuple[Window, Window]) -> None:
    ada, bob = people
    offset = Guest(ada.server).say("general", "to be linked to")[0]
    ada.open()
    ada.join("below")
    assert path(ada) == f"{BASE_PATH}/rooms/below"
    ada.go("general")
    assert path(ada) == f"{BASE_PATH}/rooms/general"
    ada.driver.back()
    ada.shows("#room-name", "below")
    assert ada.run("return document.querySelector('#rooms a[href$=general]').pathname") == (
        f"{BASE_PATH}/rooms/general"
    )
    bob.driver.get(f"{bob.server}/rooms/general/{offset}")
    bob.sees("to be linked to")
    when = bob.run("return document.querySelector(`#m${arguments[0]} .when`).pathname", offset)
    assert when == f"{BASE_PATH}/rooms/general/{offset}"
    bob.say("see #below")
    bob.until(lambda: bob.run(NEWEST, f"{BASE_PATH}/rooms/general/{offset + 1}"))
    link = "return [...document.querySelectorAll('.body a')].at(-1)?.getAttribute('href')"
    assert bob.run(link) == f"{BASE_PATH}/rooms/below"
    bob.say("and answered")
    bob.until(lambda: bob.run(NEWEST, f"{BASE_PATH}/rooms/general/{offset + 2}"))


def test_the_doctor_finds_nothing_amiss_and_leads_back(people: tuple[Window, Window]) -> None:
    ada, _ = people
    ada.driver.get(f"{ada.server}/doctor")
    ada.until(lambda: ada.text("#headline").startswith("All is well"), within_s=180)
    assert [a for a in asked(ada) if not a[0].startswith(f"{BASE_PATH}/") or a[1] >= 400] == []
    ada.click(f"a[href='{BASE_PATH}/']")
    ada.is_connected("websocket")
    assert path(ada) == f"{BASE_PATH}/"
