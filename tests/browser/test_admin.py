"""The page for operators: lives by itself, works without scripts, can be read by all."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.support.wait import WebDriverWait

from tests.browser.test_looks import DANGLING, NAMELESS, SMALL
from tests.support.server import ServerProcess, run_server

TOKEN = "0123456789abcdef"
WAIT_S = 60
SCREENSHOTS = Path(__file__).parent / "screenshots"


@pytest.fixture
def server(port: int) -> Iterator[ServerProcess]:
    with run_server(port=port, ADMIN_TOKEN=TOKEN) as server:
        yield server


@pytest.fixture
def admin(browsers: tuple[Chrome, Chrome], server: ServerProcess) -> Iterator[Chrome]:
    """A browser on the page, asked for the token as browsers are; at the end no script failed."""
    driver = browsers[0]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    driver.get_log("browser")
    driver.get(f"http://operator:{TOKEN}@127.0.0.1:{server.port}/admin")
    yield driver
    for command in ("clearDeviceMetricsOverride", "setScriptExecutionDisabled"):
        driver.execute_cdp_cmd(
            f"Emulation.{command}", {"value": False} if "Script" in command else {}
        )
    failed = [entry for entry in driver.get_log("browser") if entry["source"] != "network"]
    driver.get("about:blank")
    assert not failed


def picture(driver: Chrome, name: str) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    driver.save_screenshot(str(SCREENSHOTS / f"{name}.png"))


def text(driver: Chrome) -> str:
    return str(driver.execute_script("return document.getElementById('live').innerText"))


def chat(driver: Chrome, server: ServerProcess) -> None:
    driver.get(f"{server.url}/rooms/general")


def test_it_shows_itself_anew_when_somebody_comes(
    admin: Chrome, browsers: tuple[Chrome, Chrome], server: ServerProcess
) -> None:
    assert "Nobody reads a room now." in text(admin)
    chat(browsers[1], server)
    WebDriverWait(admin, WAIT_S).until(lambda driver: "#general" in text(driver))
    browsers[1].get("about:blank")
    assert "websocket" in text(admin)
    admin.set_window_size(1200, 1500)
    picture(admin, "admin")
    for script in (NAMELESS, DANGLING, SMALL):
        assert admin.execute_script(script) == []


def test_it_says_so_when_it_reaches_nobody(admin: Chrome, server: ServerProcess) -> None:
    server.kill()
    WebDriverWait(admin, WAIT_S).until(
        lambda driver: "trying again" in driver.find_element("id", "state").text
    )
    server.start()
    WebDriverWait(admin, WAIT_S).until(
        lambda driver: driver.find_element("id", "state").text == "Live"
    )


def test_it_fits_a_phone_and_the_dark(admin: Chrome, server: ServerProcess) -> None:
    phone = {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True}
    admin.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    admin.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": dark})
    wider = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert admin.execute_script(wider) == 0
    picture(admin, "admin-phone-dark")


def test_it_is_all_there_without_scripts(admin: Chrome, server: ServerProcess) -> None:
    admin.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    admin.refresh()
    page = admin.page_source
    assert "Deliveries a second" in page and 'http-equiv="refresh"' in page
