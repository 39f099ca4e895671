"""Every page, in every state that people meet, before axe-core's rules: it finds nothing."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from chat.accounts.identity import new_guest
from tests.browser.guest import Guest
from tests.browser.person import Person
from tests.browser.screenshots import SIZES, tour
from tests.browser.screenshots_page import tour_page
from tests.browser.window import WRITE, Window
from tests.support.hostile import Mode, run_hostile
from tests.support.server import ServerProcess, run_server

AXE = Path(__file__).parent / "node_modules/axe-core/axe.min.js"
TOKEN = "0123456789abcdef"
THEMES = ("light", "dark")
# What a tour for pictures shows and axe has seen: in other tests here, or before in the same tour.
# Other colours of the same document, or what only a printer hides, it does not see.
# On a desktop a drawer is always open, and "full" is "texts" without some of these.
SEEN = {
    "error", "doctor", "connection", "emoji", "keys", "offline", "forced-colours", "print",
    "drawer", "full", "go-to", "no-such-room",
}  # fmt: skip
# Each rule takes time for each element, and more of the same shows nothing new.
MESSAGES = 30
# axe's own rules are all run; what is wrong in one theme alone can only be colours. Where something
# is open over the page, or offered where one writes, it alone is looked at: the page below it was a
# state before.
RUN = """
    const [only, done] = arguments
    // A colour on its way to another is neither.
    for (const each of document.getAnimations()) each.finish()
    const how = { resultTypes: ["violations"], ...(only && { runOnly: [only] }) }
    const over = "dialog:modal, :popover-open, #composer:has(.options:not([hidden]))"
    const open = [...document.querySelectorAll(over)].at(-1)
    axe.run(open ?? document, how).then(({ violations }) => done(
      violations.flatMap(({ id, nodes }) =>
        nodes.map((node) => `${id}: ${node.target} ${node.failureSummary}`))))
"""


class Auditor:
    """Looks at one window in state after state, and remembers what it finds."""

    def __init__(self, window: Window) -> None:
        self.findings: list[str] = []
        self._window = window
        self._themes = THEMES
        assert AXE.exists(), "axe-core is not installed: make tools"
        self._axe = AXE.read_text()
        # To give it to each page when that is looked at took three times as long.
        add = "Page.addScriptToEvaluateOnNewDocument"
        self._added = window.driver.execute_cdp_cmd(add, {"source": self._axe})

    def look(self, state: str) -> None:
        """Run all rules on the page as it is, in light and in dark."""
        window = self._window
        if window.run("return !window.axe"):  # it was there before
            window.run(f"{self._axe}; window.axe = axe")
        for theme, rules in zip(self._themes, (None, "color-contrast"), strict=True):
            window.prefer(prefers_color_scheme=theme)
            found = window.driver.execute_async_script(RUN, rules)
            self.findings += [f"{state}, {theme}: {finding}" for finding in found]
        # The next state begins in the theme that is shown: another one draws all of the page.
        self._themes = self._themes[::-1]

    def end(self) -> None:
        """Leave the pages to come alone."""
        remove = "Page.removeScriptToEvaluateOnNewDocument"
        self._window.driver.execute_cdp_cmd(remove, self._added)


@pytest.fixture
def server() -> Iterator[ServerProcess]:
    with run_server(ADMIN_TOKEN=TOKEN) as server:
        yield server


@pytest.fixture
def auditors(windows: tuple[Window, Window]) -> Iterator[tuple[Auditor, Auditor]]:
    """One for each window."""
    for window in windows:
        window.resize(1200, 750, scale=1)
    both = Auditor(windows[0]), Auditor(windows[1])
    yield both
    for auditor in both:
        auditor.end()
    for window in windows:
        window.resize(0, 0)


def test_the_chat_is_for_everybody(
    windows: tuple[Window, Window], auditors: tuple[Auditor, Auditor], server: ServerProcess
) -> None:
    window, doctor = windows
    # Something works and something does not; it takes its time meanwhile.
    with run_hostile(server.port, mode=Mode.WEBSOCKET_REFUSED) as network:
        doctor.driver.get(f"{network.url}/doctor")
        doctor.until(lambda: doctor.text("#progress"))
        auditors[1].look("an examination of the network")
        look_at_the_chat(window, auditors[0].look, server)
        doctor.until(lambda: doctor.text("#progress") == "Done.", within_s=180)
        auditors[1].look("a network examined")
        doctor.driver.get("about:blank")
    look_at_ends(window, auditors[0].look, server)
    findings = auditors[0].findings + auditors[1].findings
    assert findings == [], "\n".join(findings)


def look_at_the_chat(window: Window, look: Callable[[str], None], server: ServerProcess) -> None:
    others = Guest(server.url)
    window.open()
    look("an empty room")

    others.say(
        "general",
        "Hello **there**, _look_ at `this`: https://example.org/",
        "> quoted\n\n```\ncode\n```\n\n- a list\n\n| a | b |\n|---|---|\n| 1 | 2 |",
        "# Heading\n\n1. one\n2. two",
        "- [x] done\n- [ ] open\n\n```python\ndef f(a): return 1  # b\n```\n\nsee #general",
        "```\n" + "a very long line of code " * 20 + "\n```",
        "\n".join(f"line {n} of a long text" for n in range(60)),
    )
    window.call_me("Ada")
    window.say("mine", "gone")
    window.sees("mine", "gone")
    window.menu("gone", "[data-action=delete]")
    look("a message's menu, asking whether to delete")
    window.click("#menu [data-action=delete]")
    window.find(".message--deleted")
    window.menu("mine", "[data-emoji='🎉']")
    window.find(".reaction")
    look("a room with messages")

    ActionChains(window.driver).move_to_element(window.message("mine")).perform()
    window.run("arguments[0].querySelector('.more').click()", window.message("mine"))
    window.find("#menu:popover-open")
    look("a message's menu")
    window.click("#menu [data-action=edit]")
    window.find("#editing")
    look("editing")
    window.click("#cancel-edit")
    window.run(WRITE, "half a line " + 4000 * "x")
    look("a message that is too long")
    window.find("#text").send_keys(Keys.CONTROL + "a", Keys.BACKSPACE)

    look_at_what_helps_to_write(window, look)
    window.click("#name-button")
    window.find("#name-panel:popover-open")
    look("the name's panel")
    window.click("#sign-out")
    window.find("#sign-out-dialog")
    look("the question whether to sign out")
    window.click("#sign-out-cancel")
    window.click(".status__words")
    window.find("#history:popover-open")
    look("the history of the connection")
    window.press(Keys.ESCAPE)

    others.do({"type": "join", "room": "elsewhere"})
    window.click("#add-room")
    window.find(".others__join")
    look("the dialog for rooms")
    window.find("#room-input").send_keys("no room!", Keys.ENTER)
    window.until(lambda: window.text("#room-problem"))
    look("a room's name that can't be")
    window.press(Keys.ESCAPE)

    window.resize(390, 844, is_phone=True)
    window.click(".head__menu")
    window.find("#side:popover-open")
    look("the drawer on a phone")
    window.press(Keys.ESCAPE)
    window.until(lambda: not window.has("#side"))
    look("a phone")
    window.resize(1200, 750, scale=1)

    window.join("dev")
    others.do({"type": "join", "room": "dev"}, {"type": "typing", "room": "dev"})
    others.say("general", *(f"{n} @Ada" for n in range(10)))
    window.find("#rooms [data-room=general] .badge")
    look("something unread elsewhere")
    window.click("#rooms [data-room=general]")
    window.find(".new")
    look("what is new")
    window.run("document.getElementById('log').scrollTop = -1e9")
    window.find("#jump")
    look("the way to the newest")

    window.driver.get(f"{server.url}/rooms/elsewhere")
    window.find("#join")
    look("a room that is only read")
    window.driver.get(f"{server.url}/rooms/nowhere")
    window.find("#join")
    look("a room that is not there")
    window.open("/rooms/general/999999")
    window.find("#missing")
    look("a link to nothing")


def look_at_what_helps_to_write(window: Window, look: Callable[[str], None]) -> None:
    window.write("hi :smi")
    window.find(".options .option")
    look("suggestions")
    window.press(Keys.ESCAPE)
    window.run(WRITE, "/nosuch")
    window.find("#text").send_keys(Keys.ENTER)
    window.until(lambda: window.text("#text-problem"))
    look("a command that is not there")
    window.run(WRITE, "")
    window.click("#emoji")
    window.find(".emoji:popover-open")
    window.press(Keys.ARROW_DOWN)
    look("all emoji")
    window.press(Keys.ESCAPE)
    window.run("document.activeElement.blur()")
    window.press("?")
    window.find("dialog .help")
    look("keys and commands")
    window.press(Keys.ESCAPE)
    ActionChains(window.driver).key_down(Keys.CONTROL).send_keys("k").key_up(Keys.CONTROL).perform()
    window.find(".switcher .option")
    look("the way to rooms and people")
    window.press("quoted")
    window.find(".switcher .option--found")
    look("messages that are found")
    window.press(Keys.ESCAPE)


def look_at_ends(window: Window, look: Callable[[str], None], server: ServerProcess) -> None:
    server.kill()
    window.until(lambda: not window.text("#status-text").startswith("Connected"))
    window.say("kept")
    window.until(lambda: window.has("#bar"))
    look("offline")
    server.start()
    window.is_connected("websocket")
    window.click("#name-button")
    window.click("#sign-out")
    window.click("#sign-out-form .button--main")
    window.find("#kept-out")
    look("signed out")
    window.press(Keys.ESCAPE)
    window.find("#over")
    look("signed out, and the dialog closed")


def test_the_pages_for_operators_and_of_errors_are_for_everybody(
    windows: tuple[Window, Window], auditors: tuple[Auditor, Auditor], server: ServerProcess
) -> None:
    window, auditor = windows[0], auditors[0]
    window.driver.get(f"{server.url}/nothing/here")
    auditor.look("404")
    window.driver.get(f"{server.url}/rooms/No%20Room")
    auditor.look("400")
    Guest(server.url).say("general", "Hello!")
    address = server.url.replace("//", f"//operator:{TOKEN}@")
    window.driver.get(f"{address}/admin")
    window.until(lambda: window.text("#state") == "Live")
    auditor.look("/admin")
    user = new_guest().user
    window.driver.find_element(By.NAME, "user").send_keys(user, Keys.ENTER)
    window.until(lambda: user in window.text(".bans"))
    auditor.look("/admin with somebody banned")
    assert auditor.findings == [], "\n".join(auditor.findings)


@pytest.fixture
def visitors() -> Iterator["Visitors"]:
    visitors = Visitors()
    yield visitors
    visitors.end()


def test_people_rooms_and_order_are_for_everybody(
    visitors: "Visitors", chromium_three: Sequence[Chrome]
) -> None:
    tour(visitors.look, chromium_three)
    assert visitors.findings == [], "\n".join(visitors.findings)


def test_the_states_of_the_page_are_for_everybody(visitors: "Visitors", browser: Chrome) -> None:
    tour_page(visitors.look, browser, MESSAGES)
    assert visitors.findings == [], "\n".join(visitors.findings)


class Visitors:
    """Audits each state in which a tour brings a page, but those that were SEEN."""

    def __init__(self) -> None:
        self._auditors: dict[Person, Auditor] = {}

    def look(self, person: Person, state: str, prepare: Callable[[], None]) -> None:
        if person not in self._auditors:
            person.resize(*SIZES["desktop"][:2], scale=1)
            self._auditors[person] = Auditor(person)
        if state in SEEN:
            return
        prepare()
        self._auditors[person].look(state)

    def end(self) -> None:
        for auditor in self._auditors.values():
            auditor.end()

    @property
    def findings(self) -> list[str]:
        return [finding for auditor in self._auditors.values() for finding in auditor.findings]
