"""A message is found by words in it, and the page goes there."""

from selenium.webdriver.common.keys import Keys

from tests.browser.guest import Guest
from tests.browser.test_writing import press_with, type_
from tests.browser.window import Window
from tests.support.hostile import Mode, run_hostile
from tests.support.server import ServerProcess

WORDS = "return document.querySelector('.switcher__words').textContent"
FOUND = """
    return [...document.querySelectorAll(".options:not([hidden]) .option--found")].map((e) => [
      e.querySelector(".option__text").textContent,
      e.querySelector(".option__found").textContent,
      [...e.querySelectorAll("mark")].map((mark) => mark.textContent).join("|"),
      e.querySelector(".option__about").textContent.split(",")[0],
    ])
"""


def found(window: Window) -> list[list[str]]:
    rows: list[list[str]] = window.run(FOUND)
    # The name of a room is set apart by signs that are not seen.
    return [[cell.strip("\u2068\u2069") for cell in row] for row in rows]


def ask(page: Window, text: str) -> None:
    """Write something else into the field that has the focus."""
    page.run("document.activeElement.value = ''")
    type_(page, text)


def test_a_message_is_found_and_shown_in_its_place(page: Window, server: ServerProcess) -> None:
    eloise = Guest(server.url)
    eloise.call_me("Éloïse")
    eloise.do({"type": "create", "room": "garden", "title": "The Garden", "access": "public"})
    # High ones: however high the window is, the page has no need to load them all.
    later = [f"later {n}" + 5 * "\n\nand on" for n in range(120)]
    eloise.say("garden", "the <b>bluebell</b> is out", *later)
    eloise.say("general", "hello")
    page.open()
    page.until(lambda: "hello" in page.messages())
    page.run("document.querySelector('#find').click()")
    page.until(lambda: page.run("return document.activeElement.role") == "combobox")
    type_(page, "blueb")
    expected = [["Éloïse", "the <b>bluebell</b> is out", "bluebell", "#The Garden"]]
    page.until(lambda: found(page) == expected)
    assert page.run(WORDS) == ""
    ask(page, "zq")
    page.until(lambda: page.run(WORDS) == "No message has these words.")
    ask(page, "before:soon hello")
    page.until(lambda: "2026-01-31" in page.run(WORDS))
    ask(page, "blueb")
    page.until(lambda: found(page) == expected)
    page.run("document.querySelector('.option--found').click()")
    page.until(lambda: page.run("return location.pathname").startswith("/rooms/garden/"))
    page.until(lambda: "the <b>bluebell</b> is out" in page.messages())
    assert not [text for text in page.messages() if "later 119" in text]


def test_a_search_without_a_network_goes_on_when_that_is_back(
    page: Window, server: ServerProcess
) -> None:
    eloise = Guest(server.url)
    eloise.call_me("Éloïse")
    eloise.say("general", "a bluebell")
    with run_hostile(server.port) as network:
        page.server = network.url
        page.open()
        page.until(lambda: "a bluebell" in page.messages())
        page.run("document.querySelector('#find').click()")
        page.until(lambda: page.run("return document.activeElement.role") == "combobox")
        network.become(Mode.DOWN)
        type_(page, "blueb")
        page.until(lambda: "goes on by itself" in page.run(WORDS))
        network.become(Mode.FRIENDLY)
        page.until(lambda: [row[1] for row in found(page)] == ["a bluebell"])
        assert page.run(WORDS) == ""
        page.driver.get("about:blank")


def test_the_keys_lead_to_a_message_too(window: Window, server: ServerProcess) -> None:
    eloise = Guest(server.url)
    eloise.call_me("Éloïse")
    eloise.say("general", "a bluebell", "a tulip")
    window.until(lambda: b"a tulip" in eloise.get("/api/search?q=tulip")[1], "it is not indexed")
    window.open()
    window.until(lambda: "a tulip" in window.messages())
    press_with(window, Keys.CONTROL, "k")
    window.until(lambda: window.has(".switcher"))
    window.press("from:elo")
    window.until(lambda: [row[1] for row in found(window)] == ["a tulip", "a bluebell"])
    window.press(Keys.ARROW_DOWN, Keys.ENTER)
    window.until(lambda: not window.has("dialog"))
    window.until(lambda: window.run("return location.pathname").startswith("/rooms/general/"))
