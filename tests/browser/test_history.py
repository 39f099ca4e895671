"""Scrolling through what was said before; links to single messages."""

import pytest

from tests.browser.guest import Guest
from tests.browser.window import Window

MANY = 430  # more than the page keeps


@pytest.fixture
def offsets(window: Window) -> list[int]:
    """The offsets of many messages, n of them called "message n"."""
    guest = Guest(window.server)
    offsets = []
    for at in range(0, MANY, 200):  # below the burst that the rate limit allows
        offsets += guest.say("general", *(f"message {n}" for n in range(at, min(at + 200, MANY))))
        guest = Guest(window.server)
    return offsets


# Scrolls to an end of what is loaded; returns the message there, where it stands, and how many are.
TO_END = """
    document.getElementById("log").scrollTop = arguments[0] === "top" ? -1e9 : 0
    const all = [...document.querySelectorAll("#messages > .message")]
    const row = all.at(arguments[0] === "top" ? 0 : -1)
    return [row.id, row.getBoundingClientRect().top, all.length]
"""
# "more" as soon as there are others beyond that message, "all" if there never will be.
AT_END = """
    const all = [...document.querySelectorAll("#messages > .message")]
    if (all.at(arguments[0] === "top" ? 0 : -1).id !== arguments[1]) return "more"
    const isOver = arguments[0] === "top"
      ? document.getElementById("log-start").textContent.startsWith("This is the beginning")
      : document.getElementById("log-end").hidden
    return isOver ? "all" : ""
"""
# They come late on a busy machine: also between the arrival of a page and its rendering.
SCROLL_EVENTS = """
    const log = document.getElementById("log")
    setInterval(() => log.dispatchEvent(new Event("scroll")), 1)
"""
TOP = "return document.getElementById(arguments[0]).getBoundingClientRect().top"


def top(window: Window) -> str:
    """Scroll to the top of what is loaded; return the first message there."""
    window.run("document.getElementById('log').scrollTop = -1e9")
    return window.messages()[0]


def test_all_of_the_history_can_be_scrolled_back_to(window: Window, offsets: list[int]) -> None:
    window.open()
    window.sees(f"message {MANY - 1}")
    window.until(lambda: top(window) == "message 0")
    window.until(lambda: window.text("#log-start") == "This is the beginning of #general.")
    assert window.messages()[:100] == [f"message {n}" for n in range(100)]
    assert len(window.messages()) <= 300

    window.click("#jump")
    window.sees(f"message {MANY - 1}")
    window.until(lambda: not window.has("#jump"))


def test_the_place_is_kept_while_older_and_newer_messages_come(
    window: Window, offsets: list[int]
) -> None:
    window.open()
    window.until(lambda: len(window.messages()) > 60)  # a second page came by itself
    row = window.message(f"message {MANY - 40}")
    window.run("arguments[0].scrollIntoView()", row)
    y = row.rect["y"] - window.run("return scrollY")
    loaded = len(window.messages())
    Guest(window.server).say("general", "meanwhile")
    window.until(lambda: window.text("#jump") == "1 new message")
    window.until(lambda: "meanwhile" in window.messages() and len(window.messages()) > loaded)
    there = window.run("return arguments[0].getBoundingClientRect().top", row)
    assert abs(there - y) < 2


def test_the_place_is_kept_while_rows_far_away_are_removed(
    window: Window, offsets: list[int]
) -> None:
    window.open()
    window.run(SCROLL_EVENTS)
    for end in ("top", "bottom"):
        removals = 0
        while True:
            id_, y, count = window.run(TO_END, end)
            if window.until(lambda end=end, id_=id_: window.run(AT_END, end, id_)) == "all":
                break
            assert abs(window.run(TOP, id_) - y) < 2
            now = len(window.messages())
            assert now <= 300
            removals += now == count
        assert removals > 0, end


def test_a_link_opens_a_message_among_its_neighbours(window: Window, offsets: list[int]) -> None:
    window.open(f"/rooms/general/{offsets[100]}")
    focused = window.find(".message--focus")
    assert "message 100" in focused.text
    assert window.run(
        "const box = arguments[0].getBoundingClientRect(); return box.top > 0 && "
        "box.bottom < innerHeight",
        focused,
    )
    window.until(lambda: "message 99" in window.messages() and "message 101" in window.messages())


def test_from_a_link_one_can_scroll_forward_to_the_end(window: Window, offsets: list[int]) -> None:
    window.open(f"/rooms/general/{offsets[100]}")
    end = f"message {MANY - 1}"

    def at_end() -> bool:
        window.run("document.getElementById('log').scrollTop = 0")
        return window.messages()[-1] == end

    window.until(at_end)
    seen = window.messages()
    assert seen == [f"message {n}" for n in range(MANY - len(seen), MANY)]
    Guest(window.server).say("general", "live again")
    window.sees("live again")


def test_a_message_s_time_is_its_link(window: Window, offsets: list[int]) -> None:
    window.open()
    row = window.message(f"message {MANY - 1}")
    window.run("arguments[0].querySelector('.when').click()", row)
    window.until(lambda: window.driver.current_url.endswith(f"/rooms/general/{offsets[-1]}"))
    assert window.has(".message--focus")
    window.driver.refresh()
    window.until(lambda: f"message {MANY - 1}" in window.find(".message--focus").text)
