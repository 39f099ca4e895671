"""Notifications by the service worker, the offline start, and the app that can be installed."""

import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from selenium.webdriver import Chrome

from tests.browser.conftest import close_other_tabs
from tests.browser.guest import Guest
from tests.browser.window import IS_KEPT, USER, Window
from tests.support.push_service import Device, PushService, run_push_service
from tests.support.server import ServerProcess, run_server

PASSWORD = "correct horse battery"
# Asks the API as the page does, and returns the answer.
ASK = """
    const [method, path, body] = arguments
    const headers = { "Content-Type": "application/json" }
    const options = { method, headers, body: body && JSON.stringify(body) }
    return fetch(path, options).then((answer) => answer.json())
"""
SHOWN = """
    return navigator.serviceWorker.ready.then((r) => r.getNotifications())
      .then((shown) => shown.map(({ title, body, tag }) => ({ title, body, tag })))
      .then((shown) => shown.filter(({ title }) => title !== arguments[0]))
"""
IS_NOTED = """
    return caches.open("parley shown").then((cache) => cache.match("/kept"))
      .then((kept) => kept?.json()).then((keys) => keys?.includes(arguments[0]))
"""
LAST = "the last push"
MOST_REGISTRATIONS = 40  # of a browser in all tests here
CLOSE = """
    return navigator.serviceWorker.ready.then((r) => r.getNotifications())
      .then((shown) => shown.forEach((each) => each.close()))
"""


@pytest.fixture(scope="module")
def service() -> Iterator[PushService]:
    with run_push_service() as service:
        yield service


@pytest.fixture(scope="module")
def browsers(whole_browsers: tuple[Chrome, Chrome]) -> tuple[Chrome, Chrome]:
    """Browsers that know notifications.

    A push is for the registration of a number, which grows with each page that they have shown.
    """
    return whole_browsers


@pytest.fixture(scope="module")
def browser(browsers: tuple[Chrome, Chrome]) -> Chrome:
    return browsers[0]


@pytest.fixture
def server(port: int) -> Iterator[ServerProcess]:
    with run_server(port=port, PUSH="any", RATE_LIMITS="off") as server:
        yield server


@pytest.fixture
def devices(windows: tuple[Window, Window]) -> Iterator[tuple[Window, Window]]:
    """Two whose users allow notifications."""
    with ExitStack() as stack:
        for window in windows:
            stack.enter_context(allowed(window))
        yield windows


@pytest.fixture
def device(window: Window) -> Iterator[Window]:
    with allowed(window):
        yield window


@contextmanager
def allowed(window: Window) -> Iterator[None]:
    """Allow notifications, for now; close the tabs that are opened meanwhile."""
    permissions = {"origin": window.server, "permissions": ["notifications"]}
    window.driver.execute_cdp_cmd("Browser.grantPermissions", permissions)
    yield
    close_other_tabs(window.driver)
    window.driver.execute_cdp_cmd("Browser.resetPermissions", {})


def is_ready(window: Window) -> None:
    """Wait until the service worker is there and has the page."""
    window.until(lambda: window.run(IS_KEPT), "no page is kept")


def subscribe(window: Window, service: PushService) -> Device:
    """Have a stand-in notified of what the window's device is to be notified of."""
    device = service.device()
    assert window.run(ASK, "PUT", "/api/me/push", device.subscription) == {}
    return device


def deliver(window: Window, notice: Mapping[str, Any]) -> None:
    """Give a window's service worker a push, as its push service would."""
    window.driver.execute_cdp_cmd("ServiceWorker.enable", {})
    for registration in range(MOST_REGISTRATIONS):  # which it is, only events tell; there is one
        window.driver.execute_cdp_cmd(
            "ServiceWorker.deliverPushMessage",
            {
                "origin": window.server,
                "registrationId": str(registration),
                "data": json.dumps(notice),
            },
        )


def shown(window: Window) -> list[dict[str, Any]]:
    """Return what a window's service worker shows after all that it was told before.

    It shows one more at last, for Chromium loses what it shows while notifications are listed.
    """
    last = {"key": uuid.uuid4().hex, "name": LAST, "room": LAST, "offset": 0, "unread": 0}
    deliver(window, last)
    window.until(lambda: window.run(IS_NOTED, last["key"]), "the last push is not shown")
    found = window.run(SHOWN, LAST)
    assert isinstance(found, list)
    return found


def hide(window: Window) -> None:
    window.driver.minimize_window()
    window.until(lambda: window.run("return document.hidden"), "it is not hidden")


def sign_in(one: Window, other: Window) -> None:
    """Make both windows those of one member, Bob."""
    account = {"name": "Bob", "password": PASSWORD}
    one.open()
    one.run(ASK, "POST", "/api/signup", account)
    one.open()
    other.open()
    other.run(ASK, "POST", "/api/login", account)
    other.open()


def test_a_mention_is_shown_once_with_five_tabs_and_two_devices(
    server: ServerProcess, devices: tuple[Window, Window], service: PushService
) -> None:
    one, other = devices
    ada = Guest(server.url)
    sign_in(one, other)
    first, second = subscribe(one, service), subscribe(other, service)
    one.say("I am here")
    for _ in range(4):
        one.driver.switch_to.new_window("tab")
        one.open()
    for window in devices:
        is_ready(window)
        hide(window)
    ada.say("general", "@Bob come here")
    (received,) = first.wait(1)
    assert second.wait(1)[0].notice == received.notice
    for window in devices:  # each of five pages is told of it, too, and a push may come twice
        deliver(window, received.notice)
        deliver(window, received.notice)
        (notice,) = shown(window)
        assert notice["body"] == "@Bob come here"
        assert notice["title"].endswith(" · #general")
        assert notice["tag"] == received.notice["key"]
    # Who has closed it does not see it again.
    one.run(CLOSE)
    assert shown(one) == []
    deliver(one, received.notice)
    deliver(one, {**received.notice, "key": "general:e:999", "text": "later"})
    assert [notice["body"] for notice in shown(one)] == ["later"]


def test_nobody_is_notified_of_what_they_look_at_and_of_what_was_read(
    server: ServerProcess, devices: tuple[Window, Window], service: PushService
) -> None:
    looks, other = devices
    ada = Guest(server.url)
    sign_in(looks, other)
    looks.say("I am here")
    pushes = subscribe(other, service)
    is_ready(other)
    hide(other)
    ada.say("general", "@Bob you look here")
    looks.sees("@Bob you look here")
    # The page that is not seen shows it, until it hears that it was read.
    other.until(lambda: shown(other) == [], "it stays")
    hide(looks)
    ada.say("general", "@Bob you do not")
    (received,) = pushes.wait(1)
    assert received.notice["text"] == "@Bob you do not"
    assert received.notice["unread"] == 1
    assert pushes.texts() == ["@Bob you do not"]


def test_a_push_without_a_page_is_shown_and_a_visible_page_needs_none(
    server: ServerProcess, device: Window, service: PushService
) -> None:
    device.open()
    is_ready(device)
    notice = {
        "key": "general:e:7", "kind": "direct", "room": "d-aaaaaaaaaaaaaaaa", "offset": 7,
        "title": "", "user": "u", "name": "Ada", "text": "psst", "unread": 3,
    }  # fmt: skip
    deliver(device, notice)
    device.driver.get("about:blank")
    deliver(device, {**notice, "key": "general:e:8"})
    device.driver.get(f"{server.url}/doctor")
    assert shown(device) == [{"title": "Ada", "body": "psst", "tag": "general:e:8"}]


def test_without_a_network_the_last_conversation_is_there_and_what_is_written_is_sent_once(
    server: ServerProcess, device: Window
) -> None:
    device.open("/rooms/birds")
    device.click("#join")
    device.say("a heron")
    device.sees("a heron")
    device.driver.refresh()
    device.is_connected("websocket")
    is_ready(device)
    device.until(lambda: "a heron" in str(device.run(
        "return caches.open('parley page').then((c) => c.match('/kept')).then((r) => r.text())"
    )), "the page is not kept")  # fmt: skip
    server.kill()
    device.driver.get(f"{server.url}/")  # as the installed app begins
    device.until(lambda: device.messages() == ["a heron"], "the conversation is not there")
    assert device.run("return location.pathname") == "/rooms/birds"
    device.say("and a stork")
    device.until(lambda: device.has(".message[data-state]") or device.text("#bar-text"), "")
    server.start()
    device.is_connected("websocket")
    device.sees("a heron", "and a stork")
    texts = [message["text"] for message in Guest(server.url).page("birds")]
    assert texts.count("and a stork") == 1


def test_signing_out_forgets_the_page_that_was_kept(device: Window) -> None:
    device.open()
    is_ready(device)
    user = device.run(USER)
    device.click("#name-button")
    device.click("#sign-out")
    device.click("#sign-out-form .button--main")
    device.until(lambda: not device.run(IS_KEPT, user), "it is still kept")


def test_the_service_worker_can_be_removed_and_comes_back(device: Window) -> None:
    count = "return navigator.serviceWorker.getRegistrations().then((all) => all.length)"
    device.open()
    is_ready(device)
    device.open("/?service-worker=off")
    device.until(lambda: device.run(count) == 0, "it is still there")
    device.open()
    device.until(lambda: device.run(count) == 1, "it does not come back")


def test_the_page_can_be_installed(device: Window) -> None:
    device.open()
    is_ready(device)
    found = device.driver.execute_cdp_cmd("Page.getInstallabilityErrors", {})
    assert found == {"installabilityErrors": []}
    assert device.driver.execute_cdp_cmd("Page.getAppManifest", {})["errors"] == []


def test_the_bell_says_what_of_this_room_notifies_its_user_on_all_devices(
    device: Window,
) -> None:
    device.open("/rooms/birds")
    device.click("#join")
    device.click("#notifications")
    device.until(lambda: device.has("dialog[open] select"))
    assert device.run("return document.querySelector('dialog[open] select').value") == "mentions"
    device.run("document.querySelector('dialog[open] select').value = 'all'")
    device.click("dialog[open] .button--main")
    device.until(lambda: not device.has("dialog[open]"), "it stays open")
    assert device.run(ASK, "GET", "/api/rooms/birds/notifications", None) == {"level": "all"}
