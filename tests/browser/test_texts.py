"""The inside of messages: links, long texts, code, and how a text looks while it waits."""

import pytest

from tests.browser.guest import Guest
from tests.browser.person import Person
from tests.browser.window import SAY, Window
from tests.support.server import ServerProcess

CLICK_LINK = """
    const link = [...document.querySelectorAll("#messages .body a")]
      .find((each) => each.textContent === arguments[0])
    link?.click()
    return Boolean(link)
"""
LINKS = """
    return [...document.querySelectorAll("#messages .body a")]
      .map((each) => [each.textContent, each.getAttribute("href"), each.target])
"""
# The height of a message in its first frame, in which it waits, and of the last when delivered.
SAY_AND_LOOK = f"""
    {SAY}
    return new Promise((done) => requestAnimationFrame(() => {{
      const row = document.querySelector("#messages > .message:last-of-type")
      done([row?.dataset.key !== undefined, row?.querySelector(".body").offsetHeight])
    }}))
"""
DELIVERED = """
    const row = document.querySelector("#messages > .message:last-of-type")
    return row?.dataset.offset === undefined ? null : row.querySelector(".body").offsetHeight
"""
COPY = """
    window.copied = []
    navigator.clipboard.writeText = async (text) => void window.copied.push(text)
    document.querySelector(".copy").click()
"""
LONG = "\n".join(f"line {n}" for n in range(60))
PRESS = "document.querySelector(arguments[0]).click()"
TOP = "return Math.round(document.getElementById(arguments[0]).getBoundingClientRect().top)"


@pytest.fixture
def page(person: Person) -> Person:
    """One for all tests here, which say all in a room of their own."""
    return person


def test_own_links_are_followed_in_the_page_and_others_open_a_tab(page: Window, room: str) -> None:
    guest = Guest(page.server).join(room).join("garden")
    offsets = guest.say("garden", *(f"flower {n}" for n in range(80)))
    permalink = f"{page.server}/rooms/garden/{offsets[3]}"
    guest.say(room, f"see #garden and {permalink} or https://other.example/rooms/garden")
    page.open(f"/rooms/{room}")
    page.until(lambda: page.run(LINKS))
    assert page.run(LINKS) == [
        ["#garden", "/rooms/garden", ""],
        [permalink, permalink, ""],
        ["https://other.example/rooms/garden", "https://other.example/rooms/garden", "_blank"],
    ]
    page.run("window.isSamePage = true")

    page.run(CLICK_LINK, "#garden")
    page.sees("flower 79")
    assert page.run("return location.pathname") == "/rooms/garden"

    page.run("history.back()")
    page.until(lambda: page.text("#room-name") == room)
    page.until(lambda: page.run(CLICK_LINK, permalink))
    page.until(lambda: page.text(".message--focus .body") == "flower 3")
    assert page.run("return location.pathname") == f"/rooms/garden/{offsets[3]}"
    assert page.run("return window.isSamePage")


def test_a_long_message_is_cut_until_all_is_asked_for(page: Window, room: str) -> None:
    guest = Guest(page.server).join(room)
    # Before it are so many that it can begin anywhere in the window.
    *_, offset, _ = guest.say(room, *(f"before {n}" for n in range(30)), LONG, "after")
    page.open(f"/rooms/{room}")
    row = f"m{offset}"
    height = f"return document.querySelector('#{row} .body').getBoundingClientRect().height"
    page.until(lambda: page.text(".show-all") == "Show all")
    cut = page.run(height)
    page.run("document.getElementById(arguments[0]).scrollIntoView({ block: 'center' })", row)
    top = page.run(TOP, row)

    page.run(PRESS, ".show-all")
    page.until(lambda: page.run(height) > 2 * cut)
    assert abs(page.run(TOP, row) - top) <= 1  # it begins where it did, and goes on downwards
    assert page.text(".show-all") == "Show less"

    # It stays so when the message is rendered again.
    guest.do({"type": "react", "room": room, "offset": offset, "emoji": "👍", "on": True})
    page.until(lambda: page.has(f"#{row} .reaction"))
    assert page.run(height) > 2 * cut

    page.run(PRESS, ".show-all")
    page.until(lambda: page.run(height) == cut)


def test_what_is_cut_shows_when_a_search_or_the_focus_gets_there(page: Window, room: str) -> None:
    Guest(page.server).join(room).say(room, f"{LONG}\n\nhttps://a.example/")
    page.until(lambda: page.text(".show-all") == "Show all")
    page.run("document.querySelector('.body a').focus()")
    page.until(lambda: page.text(".show-all") == "Show less")


def test_code_has_its_language_and_is_copied_as_it_was_written(page: Window, room: str) -> None:
    code = "def f(a):\n    return a < 1 & 2"
    Guest(page.server).join(room).say(room, f"```python\n{code}\n```")
    page.open(f"/rooms/{room}")
    page.until(lambda: page.has(".copy"))
    label = "return getComputedStyle(document.querySelector('pre'), '::before').content"
    assert page.run(label) == '"python"' or "data-language" in page.run(label)
    keyword = "return getComputedStyle(document.querySelector('pre .k')).color"
    assert page.run(keyword) != page.run(
        "return getComputedStyle(document.querySelector('pre code')).color"
    )
    page.run(COPY)
    page.until(lambda: page.text(".copy") == "Copied")
    assert page.run("return window.copied") == [f"{code}\n"]
    page.until(lambda: page.text(".copy") == "Copy")


def test_a_waiting_message_is_as_high_as_it_will_be(
    page: Window, room: str, shared_server: ServerProcess
) -> None:
    for text in (
        "👍 ❤️",
        "| a | b |\n|---|--:|\n| c | d |\n| e |",
        "- [x] done\n- [ ] open\n- other",
        "```python\nreturn 1\n```",
        "```\nplain\n```\n\n> quote\n\n1. one\n2. two",
        LONG,
    ):
        shared_server.pause()  # else it may be delivered before a frame has shown it
        try:
            is_waiting, height = page.run(SAY_AND_LOOK, text)
        finally:
            shared_server.go_on()
        assert is_waiting
        assert page.until(lambda: page.run(DELIVERED)) == height, text
