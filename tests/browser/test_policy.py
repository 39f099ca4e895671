"""The pages keep to their own Content-Security-Policy, and it keeps from them what gets in."""

import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from typing import cast
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest
from selenium.webdriver import Chrome

from tests.browser.firefox import Tab
from tests.browser.window import SAY, Window
from tests.support.server import run_server
from tests.support.tls import run_tls_before

WATCH = """
    window.violations = []
    addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) => {
      window.violations.push(`${effectiveDirective} ${blockedURI}`)
    })
"""
# What somebody might manage to get into a page, and what each would do.
INTRUDE = """
    const [ours] = arguments
    const broken = new Promise((resolve) => {
      addEventListener("securitypolicyviolation", () => violations.length >= 5 && resolve())
    })
    const add = (to, name, made) => to.append(Object.assign(document.createElement(name), made))
    const script = (made) => add(document.head, "script", made)
    script({ textContent: "window.ran = 'inline'" })
    script({ src: ours, type: "module" })
    script({ src: "https://evil.example/evil.js" })
    const image = `<img src=/nowhere onerror="window.ran = 'onerror'">`
    document.body.insertAdjacentHTML("beforeend", image)
    add(document.body, "iframe", { src: "https://evil.example/" })
    return broken
"""


@pytest.fixture(scope="module", params=["http", "https"])
def site(request: pytest.FixtureRequest) -> Iterator[str]:
    with ExitStack() as stack:
        env = {"BEHIND_PROXY": "on"} if request.param == "https" else {}
        server = stack.enter_context(run_server(**env))
        if request.param == "https":
            yield stack.enter_context(run_tls_before(server.port))
        else:
            yield server.url


@pytest.fixture
def firefox_page(firefox: Tab, site: str) -> Iterator[Window]:
    """A tab in which WATCH runs before anything of a page's."""
    tab = firefox.new_tab()
    end = tab.preload(WATCH)
    window = Window(cast(Chrome, tab))
    window.server = site
    yield window
    end()
    tab.close()


@pytest.fixture
def chromium_page(window: Window, site: str) -> Iterator[Window]:
    """The same in the other browser."""
    added = window.driver.execute_cdp_cmd(
        "Page.addScriptToEvaluateOnNewDocument", {"source": WATCH}
    )
    window.server = site
    yield window
    window.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)
    window.driver.get("about:blank")
    window.driver.get_log("browser")  # what was refused is what these tests are about


@pytest.fixture(params=["chromium", "firefox"])
def page(request: pytest.FixtureRequest, site: str) -> Window:
    """One in either browser."""
    window: Window = request.getfixturevalue(f"{request.param}_page")
    return window


def test_the_chat_breaks_no_rule_of_its_own(page: Window) -> None:
    said = []
    # Only a WebSocket has another address by https than what else the page asks for.
    is_secure = page.server.startswith("https:")
    for transport in ("websocket", "sse", "longpoll") if is_secure else ("websocket",):
        page.open(transport=transport)
        said.append(f"{transport} {uuid4().hex}")  # others have been here before
        page.run(SAY, said[-1])
        page.sees(said[-1])
        assert page.run("return window.violations") == []
    assert page.run("return location.protocol") == page.server.partition("//")[0]


# It asks for the same kinds of things as the chat does, which by http may ask for them, too.
@pytest.mark.parametrize("site", ["https"], indirect=True)
def test_the_doctor_breaks_no_rule_of_its_own(chromium_page: Window, firefox_page: Window) -> None:
    for page in (chromium_page, firefox_page):
        page.driver.get(f"{page.server}/doctor")
    for page in (chromium_page, firefox_page):
        page.until(lambda page=page: page.run("return !document.querySelector('#copy').disabled"))
        assert page.run("return window.violations") == []


def test_what_gets_into_the_page_does_not_run(page: Window) -> None:
    page.open()
    main = page.run("return document.querySelector('script[src$=\"main.js\"]').src")
    page.run(INTRUDE, main.replace("main.js", "doctor/main.js"))
    broken = sorted(page.run("return window.violations"))
    assert page.run("return window.ran ?? null") is None
    rules = {rule.split()[0] for rule in broken}
    assert rules == {"script-src-elem", "script-src-attr", "frame-src"}
    # What is of our own making but was not named by the template is refused as well.
    assert any("doctor/main.js" in rule for rule in broken)


def test_https_is_kept_to_and_the_cookie_is_its_own(site: str) -> None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with urlopen(Request(site), context=context) as answer:
        headers = answer.headers
    cookie, hsts = headers["Set-Cookie"], headers["Strict-Transport-Security"]
    if site.startswith("https:"):
        assert cookie.startswith("__Host-parley_identity_") and "; Secure" in cookie
        assert hsts == "max-age=31536000"
    else:
        assert cookie.startswith("parley_identity_") and "Secure" not in cookie
        assert hsts is None
