"""From an empty folder to a private community, as people would do it."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from tests.browser.firefox import Tab
from tests.browser.person import Person, set_up, setup_path, sign_up_by
from tests.support.haproxy import Haproxy, run_haproxy
from tests.support.server import run_server
from tests.support.site import Site, run_site


@pytest.fixture
def two_instances() -> Iterator[tuple[Site, Haproxy]]:
    """Instances on one Redis, and haproxy, which sends each request to the other one."""

    def by_turns(configuration: str) -> str:
        changed, places = re.subn("balance leastconn", "balance roundrobin", configuration)
        assert places == 1
        return changed

    with run_site(2) as site:
        with run_haproxy([server.port for server in site.servers], changed=by_turns) as haproxy:
            yield site, haproxy


# What the API does for another program of the same person.
RENAME = """
    fetch("/api/me", {
      method: "PATCH",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ name: arguments[0] }),
    })
"""


# In one browser each: the transport, and where requests land, are the business of an engine that
# knows nothing of communities, and test_networks.py has all transports in both.


def test_a_private_community_begins_with_a_link_in_the_log(
    chromium_three: Sequence[Chrome], tmp_path: Path
) -> None:
    with run_server(tmp_path) as server:
        people = [Person(driver, server.url) for driver in chromium_three]
        begin_a_community(people, setup_path(server), "websocket")


def test_it_works_with_long_polling_alone_while_each_request_lands_on_another_instance(
    firefox_three: Sequence[Tab], two_instances: tuple[Site, Haproxy]
) -> None:
    site, haproxy = two_instances
    people = [Person(driver, haproxy.url) for driver in firefox_three]
    begin_a_community(people, setup_path(site.servers[0]), "longpoll")
    for endpoint in ("/poll", "/send"):
        served = Counter(a.instance for a in haproxy.answers if a.path == endpoint)
        assert len(served) == 2, f"{endpoint} was served by one instance"


def is_called(person: Person, site: str) -> bool:
    """Load the page, from any instance; return whether it knows what the site is called."""
    person.visit("/")
    return str(person.run("return document.title")).endswith(f" · {site}")


def begin_a_community(people: Sequence[Person], setup: str, transport: str) -> None:
    zoe, max_, phone = people
    # The first owner opens the link of the log, and gets a link to send to others.
    invite = set_up(zoe, setup, "Zoe")
    zoe.until(lambda: is_called(zoe, "Chez nous"))
    zoe.enter(transport=transport)
    zoe.shows("#my-name", "Zoe")

    # Whoever has no account stands before the door.
    max_.visit("/")
    max_.shows("#sign-in-title", "Sign in")
    sign_up_by(max_, invite, "Max")
    max_.enter(transport=transport)
    zoe.until(lambda: "Max" in zoe.text("#people"))
    max_.write_and_send("Hello, here I am.")
    zoe.sees("Hello, here I am.")

    # A private room, which only those know who were added.
    zoe.press_on("#add-room")
    zoe.press_on("#new-room")
    zoe.fill("dialog[open] [name=title]", "Blue Birds")
    zoe.fill("dialog[open] [name=topic]", "What flies by")
    zoe.submit()
    zoe.shows("#room-name", "Blue Birds")
    zoe.shows("#topic", "What flies by")
    room = zoe.address
    assert room.startswith("/rooms/p-")
    zoe.write_and_send("Said before Max was here")
    max_.visit(room)
    max_.until(lambda: "There is no room" in max_.text("#join-words"))
    max_.enter(transport=transport)
    zoe.press_on("#about-room")
    zoe.press_on("dialog[open] button", "Add people…")
    zoe.tick("Max")
    zoe.submit()
    max_.until(lambda: max_.room_names() == ["general", "Blue Birds"])
    zoe.close_dialogs()
    max_.go_to("Blue Birds")
    max_.write_and_send("Thank you")
    zoe.sees("Thank you")
    assert "Said before Max was here" not in max_.messages()

    # A direct message.
    max_.person_menu("Zoe", "write")
    max_.shows("#room-name", "Zoe")
    max_.write_and_send("Only for you")
    zoe.go_to("Max", "directs")
    zoe.sees("Only for you")
    zoe.write_and_send("And for you")
    max_.sees("Only for you", "And for you")

    # The same person on a second device.
    max_.press_on("#account")
    max_.press_on("dialog[open] button", "Use another device, too…")
    max_.until(lambda: max_.run("return document.querySelector('.qr img')?.naturalWidth > 0"))
    link = max_.run(
        "return [...document.querySelectorAll('dialog[open] input[readonly]')].at(-1).value"
    )
    max_.close_dialogs()
    phone.visit("/link" + str(link).partition("/link")[2])
    phone.shows("h1", "Go on here as Max?")
    phone.submit("form")
    phone.until(lambda: phone.text("#my-name") == "Max")
    phone.enter(room, transport)
    assert phone.room_names() == ["general", "Blue Birds"]
    assert phone.room_names("directs") == ["Zoe"]
    phone.write_and_send("From the phone")

    # Somebody is banned, on all devices, and is told by whom and why.
    zoe.go_to("Blue Birds")
    zoe.sees("From the phone")
    zoe.person_menu("Max", "ban")
    zoe.fill("dialog[open] [name=reason]", "spam")
    zoe.submit()
    phone.shows("#room-name", "general")
    told = ["Zoe removed you from Blue Birds: spam"]
    if transport == "longpoll":  # between two polls nobody is there to be told why
        told.append("Blue Birds is gone, or you are in it no longer.")
    phone.until(lambda: phone.text("#removed-text") in told)
    max_.until(lambda: max_.room_names() == ["general"])
    zoe.until(lambda: "Zoe removed Max: spam" in zoe.text("#messages"), "there is no word of it")
    zoe.write_and_send("He does not read this")
    max_.visit(room)
    max_.until(lambda: "There is no room" in max_.text("#join-words"))
    max_.enter(transport=transport)

    # The ban is lifted, and Max is back, where he may read from then on.
    zoe.press_on("#about-room")
    zoe.in_row("Max", "Lift the ban")
    zoe.until(lambda: "banned" not in zoe.text("dialog[open] .members"))
    zoe.press_on("dialog[open] button", "Add people…")
    zoe.tick("Max")
    zoe.submit()
    zoe.close_dialogs()
    max_.until(lambda: max_.room_names() == ["general", "Blue Birds"])
    max_.go_to("Blue Birds")
    max_.write_and_send("I behave")
    zoe.sees("I behave")
    assert "He does not read this" not in max_.messages()

    # Another name, chosen on one device, is in the footers of all. It comes last: a second later
    # all devices connect anew, and who is removed meanwhile is not told by whom.
    for name in ("Maximilian", "Max"):
        phone.run(RENAME, name)
        for device in (max_, phone):
            device.shows("#my-name", name)
