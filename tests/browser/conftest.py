"""Two browsers, each a person of its own, and a real server for each test."""

import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import cast

import pytest
from selenium.webdriver import Chrome, ChromeOptions, ChromeService

from tests.browser.firefox import Tab, run_firefox
from tests.browser.person import Person
from tests.browser.window import Window
from tests.support.ports import free_port
from tests.support.server import ServerProcess, run_server

_SHELL = Path(__file__).with_name("headless-shell")
_SIZE = (1200, 900)
_ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",  # tests may run as root, where Chromium's sandbox can't
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A page that is kept for "back" would go on with its worker at the next test's server, which
    # has the same port. A renderer that is started ahead is one more for each page. What the
    # address bar opens are pages of their own, which take a fifth of all its processor time.
    "--disable-features=BackForwardCache,SpareRendererForSitePerProcess,"
    "WebUIOmniboxPopup,WebUIOmniboxAimPopup",
    # One renderer for all pages, which stays: starting one takes as long as loading a page.
    "--disable-site-isolation-trials",
    "--renderer-process-limit=1",
    "--disable-dev-shm-usage",  # containers have a small /dev/shm
    "--lang=en-GB",
    # Without a mouse plugged in, a browser takes itself for a phone: hover 2, fine pointer 4.
    "--blink-settings=primaryHoverType=2,availableHoverTypes=2,"
    "primaryPointerType=4,availablePointerTypes=4",
)


@contextmanager
def run_browser(preferences: Mapping[str, object] | None = None) -> Iterator[Chrome]:
    """Run a Chromium that knows nothing, all of it: with notifications and with settings."""
    with _run(shutil.which("chromium") or "", preferences or {}) as driver:
        yield driver


@contextmanager
def run_shell() -> Iterator[Chrome]:
    """Run its engine without its window (docs/decisions/0058), where the system has that."""
    shell = shutil.which("chromium-headless-shell")
    with _run(str(_SHELL), {}) if shell else run_browser() as driver:
        yield driver


@contextmanager
def _run(program: str, preferences: Mapping[str, object]) -> Iterator[Chrome]:
    with tempfile.TemporaryDirectory() as profile:
        options = ChromeOptions()
        options.binary_location = program
        for argument in (*_ARGUMENTS, f"--user-data-dir={profile}"):
            options.add_argument(argument)
        options.add_experimental_option("prefs", dict(preferences))
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        options.accept_insecure_certs = True  # tests sign their own
        driver = Chrome(options=options, service=ChromeService(shutil.which("chromedriver")))
        try:
            yield driver
        finally:
            driver.quit()


@pytest.fixture(scope="session")
def browser() -> Iterator[Chrome]:
    with run_shell() as driver:
        yield driver


@pytest.fixture(scope="session")
def browsers(browser: Chrome) -> Iterator[tuple[Chrome, Chrome]]:
    """Started once: two profiles, so two users."""
    with run_shell() as other:
        yield browser, other


@pytest.fixture(scope="session")
def whole_browsers() -> Iterator[tuple[Chrome, Chrome]]:
    """Two more, with all that Chromium has."""
    with run_browser() as one, run_browser() as other:
        yield one, other


@pytest.fixture(scope="session")
def _third() -> Iterator[Chrome]:
    with run_shell() as driver:
        yield driver


@pytest.fixture
def chromium_three(
    browsers: tuple[Chrome, Chrome], _third: Chrome
) -> Iterator[tuple[Chrome, Chrome, Chrome]]:
    """Three who know nothing of what was before."""
    drivers = *browsers, _third
    for driver in drivers:
        forget_everything(driver)
    yield drivers
    for driver in drivers:
        driver.get("about:blank")  # it must not go on trying to connect


@pytest.fixture
def firefox_three(firefox: Tab) -> Iterator[list[Tab]]:
    """The same in the other browser."""
    with ExitStack() as stack:
        yield [stack.enter_context(firefox.new_user()) for _ in range(3)]


@pytest.fixture(scope="session")
def firefox() -> Iterator[Tab]:
    with run_firefox() as tab:
        yield tab


@pytest.fixture(scope="session")
def port() -> int:
    """Of each test's server, one after the other: so browsers have what they may keep for good."""
    return free_port()


@pytest.fixture
def server(port: int) -> Iterator[ServerProcess]:
    with run_server(port=port) as server:
        yield server


@pytest.fixture
def window(browser: Chrome, server: ServerProcess) -> Iterator[Window]:
    """Where one is enough."""
    with new_guests([browser], server) as (window,):
        yield window


@pytest.fixture
def windows(
    browsers: tuple[Chrome, Chrome], server: ServerProcess
) -> Iterator[tuple[Window, Window]]:
    with new_guests(browsers, server) as (ada, bob):
        yield ada, bob


def forget_everything(driver: Chrome) -> None:
    """Undo what a test may have left in a browser."""
    # A tab that a test has opened has no focus until then: no event tells that an element got it.
    driver.execute_cdp_cmd("Page.bringToFront", {})
    driver.set_window_size(*_SIZE)
    driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
    # Another test's server had the same port: its drafts would be found here.
    everywhere = {"origin": "*", "storageTypes": "local_storage,service_workers"}
    driver.execute_cdp_cmd("Storage.clearDataForOrigin", everywhere)
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    driver.get_log("browser")


@contextmanager
def new_guests(drivers: Sequence[Chrome], server: ServerProcess) -> Iterator[Sequence[Window]]:
    """A window of a new guest in each; no script of theirs may have failed at the end."""
    for driver in drivers:
        forget_everything(driver)
    windows = [Window(driver) for driver in drivers]
    for window in windows:
        window.server = server.url
    yield windows
    for driver in drivers:
        failed = failures(driver)
        driver.get("about:blank")  # it must not go on trying to connect
        assert not failed


def failures(driver: Chrome) -> list[dict[str, str]]:
    """Return what failed of what the browser has logged since it was last asked."""
    return [entry for entry in driver.get_log("browser") if _is_failure(entry)]


@pytest.fixture(params=["chromium", "firefox"])
def page(request: pytest.FixtureRequest, server: ServerProcess) -> Iterator[Window]:
    """A window of each browser; of Firefox's, what needs elements or a mouse is missing."""
    with ExitStack() as stack:
        if request.param == "chromium":
            yield request.getfixturevalue("window")
            return
        tab: Tab = request.getfixturevalue("firefox").new_tab()
        stack.callback(tab.close)
        window = Window(cast(Chrome, tab))
        window.server = server.url
        yield window


@pytest.fixture(scope="module")
def shared_server(port: int) -> Iterator[ServerProcess]:
    """For tests of a file each of which has rooms of its own."""
    with run_server(port=port, RATE_LIMITS="off") as server:
        yield server


@pytest.fixture(scope="module")
def shared_url(shared_server: ServerProcess) -> str:
    """By which the page reaches it; a file may put something in between."""
    return shared_server.url


@pytest.fixture(scope="module", params=["chromium", "firefox"])
def shared_page(
    request: pytest.FixtureRequest, shared_server: ServerProcess, shared_url: str
) -> Iterator[Person]:
    """A page of a new guest in each browser, loaded once for all tests of a file."""
    with ExitStack() as stack:
        if request.param == "chromium":
            driver = request.getfixturevalue("browser")
            stack.enter_context(new_guests([driver], shared_server))
        else:
            driver = request.getfixturevalue("firefox").new_tab()
            stack.callback(driver.close)
        person = Person(driver, shared_url)
        person.enter()
        yield person


@pytest.fixture
def person(request: pytest.FixtureRequest, shared_page: Person) -> Iterator[Person]:
    """That guest, who is in the lobby alone, as after the first load."""
    with _tidied(request, shared_page):
        yield shared_page


@contextmanager
def _tidied(request: pytest.FixtureRequest, page: Person) -> Iterator[None]:
    """Bring a page that tests share back into the lobby; no script of it may have failed."""
    failed = request.session.testsfailed
    yield
    if request.session.testsfailed > failed:  # whatever it has left
        page.begin_anew()
    else:
        page.leave_rooms()
    if isinstance(page.driver, Chrome):
        assert not failures(page.driver)


@pytest.fixture
def room(person: Person) -> str:
    """The name of a new room, which is shown."""
    room = f"room-{secrets.token_hex(4)}"
    person.perform({"type": "join", "room": room})
    person.go(room)
    return room


@pytest.fixture(scope="module")
def second_page(browsers: tuple[Chrome, Chrome], shared_server: ServerProcess) -> Iterator[Person]:
    """A page of another guest in the second Chromium, loaded once for all tests of a file."""
    _, driver = browsers
    with new_guests([driver], shared_server):
        person = Person(driver, shared_server.url)
        person.enter()
        yield person


@pytest.fixture
def other(request: pytest.FixtureRequest, second_page: Person, room: str) -> Iterator[Person]:
    """That guest, who is in the room of the test too."""
    with _tidied(request, second_page):
        second_page.perform({"type": "join", "room": room})
        second_page.go(room)
        yield second_page


@pytest.fixture
def tabs(window: Window) -> Iterator[Window]:
    """The window, of which one tab is left at the end."""
    yield window
    close_other_tabs(window.driver)


def close_other_tabs(driver: Chrome) -> None:
    first, *others = driver.window_handles
    for handle in others:
        driver.switch_to.window(handle)
        driver.close()
    driver.switch_to.window(first)


def _is_failure(entry: dict[str, str]) -> bool:
    # A server that is away, or refuses, is logged by the browser as an error of the network.
    return entry["source"] != "network" and entry["level"] in ("SEVERE", "WARNING")
