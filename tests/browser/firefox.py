"""Debian's Firefox, driven by WebDriver BiDi itself: geckodriver is in no package of Debian's.

A ``Tab`` has what a Window needs of a driver, as long as no element is passed: ``get`` and
``execute_script``. Clicking and typing are done by script.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

from selenium.common import JavascriptException, WebDriverException
from selenium.webdriver.common.bidi.common import command_builder
from selenium.webdriver.remote.websocket_connection import WebSocketConnection

BINARIES = ("firefox-esr", "firefox", "/Applications/Firefox.app/Contents/MacOS/firefox")
TIMEOUT_S = 60  # a first start makes a profile, which takes a while on a busy machine
POLL_S = 0.01  # how often an answer is looked for
COMMITTED = "browsingContext.navigationCommitted"
FAILED = "browsingContext.navigationFailed"
_ARGUMENTS = (
    "--headless",
    "--no-remote",
    "--remote-debugging-port=0",
    "--remote-allow-system-access",  # preferences can be changed while it runs
)
_PREFERENCES = {
    # Nobody is asked anything, and nothing is shown but what a test opens.
    "browser.aboutwelcome.enabled": False,
    "browser.newtabpage.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage": "about:blank",
    "browser.startup.homepage_override.mstone": "ignore",
    "browser.startup.page": 0,
    "browser.tabs.warnOnClose": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "termsofuse.bypassNotification": True,
    # It talks to nobody but the server under test.
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "app.update.enabled": False,
    "browser.region.network.url": "",
    "browser.safebrowsing.blockedURIs.enabled": False,
    "browser.safebrowsing.downloads.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.search.update": False,
    "captivedetect.canonicalURL": "",
    "datareporting.healthreport.uploadEnabled": False,
    "dom.push.connection.enabled": False,
    "extensions.getAddons.cache.enabled": False,
    "extensions.systemAddon.update.enabled": False,
    "extensions.update.enabled": False,
    "geo.provider.testing": True,
    "media.gmp-manager.updateEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.dns.disablePrefetch": True,
    "network.prefetch-next": False,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "toolkit.telemetry.enabled": False,
    "toolkit.telemetry.server": "",
    # Its own extensions are not needed, and take a quarter of the processor time of its start.
    "extensions.enabledScopes": 0,
    # A process for each site, and one started ahead, cost as much as loading the page does.
    "dom.ipc.processPrelaunch.enabled": False,
    "fission.autostart": False,
    "layout.frame_rate": 20,  # nobody looks on
    # In a window that shows nothing the address bar has the caret, and each blink draws the window.
    "ui.caretBlinkTime": 0,
    # As in the other browser, a WebSocket that failed may be tried again at once.
    "network.websocket.delay-failed-reconnects": False,
}


class Connection:
    """A BiDi session (W3C WebDriver BiDi): commands, and where navigations stand."""

    def __init__(self, url: str) -> None:
        self._socket = WebSocketConnection(url, TIMEOUT_S, POLL_S)
        self._changed = threading.Condition()
        # What became of each navigation of each context: the first event's name.
        self._became: dict[str, dict[str, str]] = {}
        # Tests sign their own certificates.
        self.do("session.new", capabilities={"alwaysMatch": {"acceptInsecureCerts": True}})
        for name in (COMMITTED, FAILED):
            self._socket.add_callback(_Event(name), self._on_event)
        self.do("session.subscribe", events=[COMMITTED, FAILED])

    def do(self, method: str, **params: Any) -> dict[str, Any]:
        """Carry out a command and return its result. Raises WebDriverException."""
        result = self._socket.execute(command_builder(method, params))
        assert isinstance(result, dict)
        return result

    def navigate(self, context: str, url: str) -> None:
        """Return when the navigation is committed. Raises WebDriverException where it fails."""
        became = self._became.setdefault(context, {})
        with self._changed:
            older = set(became)

        def outcome() -> str | None:
            # Not by the id in the command's answer: where a page was still loading, Firefox makes
            # a second navigation of it, and the events tell only of that.
            return next((name for id_, name in became.items() if id_ not in older), None)

        self.do("browsingContext.navigate", context=context, url=url, wait="none")
        with self._changed:
            self._changed.wait_for(outcome, TIMEOUT_S)
            if outcome() != COMMITTED:
                raise WebDriverException(f"{url}: {outcome() or 'no answer'}")

    def close(self) -> None:
        self._socket.close()

    def _on_event(self, event: tuple[str, dict[str, Any]]) -> None:
        name, params = event
        with self._changed:
            # One that failed after its commit was committed nevertheless.
            became = self._became.setdefault(params["context"], {})
            became.setdefault(params["navigation"], name)
            self._changed.notify_all()


class _Event:
    """What WebSocketConnection wants to know of an event: its name, and how to read it."""

    def __init__(self, name: str) -> None:
        self.event_class = name

    def from_json(self, params: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        return self.event_class, params


class Tab:
    """One tab. All share their cookies, so they are one user, but for those of ``new_user``."""

    def __init__(self, connection: Connection, context: str) -> None:
        self._connection = connection
        self._context = context

    def open(self, url: str) -> None:
        """Go there; return when the new page has taken the old one's place, loaded or not.

        Raises WebDriverException where nothing answers.
        """
        self._connection.navigate(self._context, url)

    def run(self, script: str, *arguments: Any) -> Any:
        """Run the body of a function in the page; return what it returns, by way of JSON.

        A promise is waited for. Raises JavascriptException where the script does.
        """
        function = (
            "async (json) => JSON.stringify(await "
            f"(function () {{ {script}\n}}).apply(null, JSON.parse(json)) ?? null)"
        )
        answer = self._connection.do(
            "script.callFunction",
            functionDeclaration=function,
            arguments=[{"type": "string", "value": json.dumps(arguments)}],
            target={"context": self._context},
            awaitPromise=True,
            userActivation=True,
        )
        if answer["type"] == "exception":
            raise JavascriptException(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"]["value"])

    def preload(self, script: str) -> Callable[[], None]:
        """Have ``script`` run before those of every page of this tab; return what ends that.

        It is a function's body: what pages are to see it puts on ``window``.
        """
        added = self._connection.do(
            "script.addPreloadScript",
            functionDeclaration=f"() => {{ {script}\n}}",
            contexts=[self._context],
        )
        return lambda: self._remove(added["script"])

    def type(self, text: str) -> None:
        """Press and let go of the key of each character, wherever the focus is."""
        keys = [{"type": how, "value": c} for c in text for how in ("keyDown", "keyUp")]
        actions = [{"type": "key", "id": "keyboard", "actions": keys}]
        self._connection.do("input.performActions", context=self._context, actions=actions)

    def resize(self, width: int, height: int) -> None:
        """Give the page this size."""
        viewport = {"width": width, "height": height}
        self._connection.do("browsingContext.setViewport", context=self._context, viewport=viewport)

    def new_tab(self) -> Self:
        """Open another tab of the same user."""
        created = self._connection.do("browsingContext.create", type="tab")
        return type(self)(self._connection, created["context"])

    def close(self) -> None:
        self._connection.do("browsingContext.close", context=self._context)

    @contextmanager
    def new_user(self) -> Iterator[Self]:
        """Open a window of another user, who has nothing yet; all that it stores goes with it."""
        user = self._connection.do("browser.createUserContext")["userContext"]
        # Not a tab: of the tabs of a window all but one are hidden, and act on that.
        created = self._connection.do("browsingContext.create", type="window", userContext=user)
        try:
            yield type(self)(self._connection, created["context"])
        finally:
            self._connection.do("browser.removeUserContext", userContext=user)

    @contextmanager
    def preferring(self, name: str, value: int) -> Iterator[None]:
        """Have all pages that load meanwhile in this browser find another preference."""
        self._in_browser("Services.prefs.setIntPref(...JSON.parse(json))", name, value)
        try:
            yield
        finally:
            self._in_browser("Services.prefs.clearUserPref(...JSON.parse(json))", name)

    # As Selenium's drivers call it
    get = open
    execute_script = run

    def _in_browser(self, expression: str, *arguments: Any) -> None:
        """Evaluate with the privileges of the browser's own windows; ``json`` is ``arguments``."""
        tree = self._connection.do("browsingContext.getTree", **{"moz:scope": "chrome"})
        answer = self._connection.do(
            "script.callFunction",
            functionDeclaration=f"(json) => {{ {expression} }}",
            arguments=[{"type": "string", "value": json.dumps(arguments)}],
            target={"context": tree["contexts"][0]["context"]},
            awaitPromise=False,
        )
        if answer["type"] == "exception":
            raise JavascriptException(answer["exceptionDetails"]["text"])

    def _remove(self, script: str) -> None:
        self._connection.do("script.removePreloadScript", script=script)


@contextmanager
def run_firefox(preferences: Mapping[str, Any] | None = None) -> Iterator[Tab]:
    """Run a headless Firefox that knows nothing, and yield its tab."""
    all_of_them = _PREFERENCES | dict(preferences or {})
    binary = next(filter(None, map(shutil.which, BINARIES)), BINARIES[0])
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        lines = (f"user_pref({json.dumps(n)}, {json.dumps(v)});" for n, v in all_of_them.items())
        (Path(folder) / "user.js").write_text("\n".join(lines))
        process = subprocess.Popen(
            [binary, *_ARGUMENTS, "--profile", folder],
            env={**os.environ, "HOME": folder},  # root's own home may be somebody else's
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # it has children, which end with it
        )
        connection: Connection | None = None
        try:
            connection = Connection(_address(process))
            (context,) = connection.do("browsingContext.getTree")["contexts"]
            yield Tab(connection, context["context"])
        finally:
            # In this order: Firefox would take its time to answer that the connection closes.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if connection is not None:
                connection.close()


def _address(process: "subprocess.Popen[str]") -> str:
    """Return where it listens, as soon as it says so; what it says from then on is dropped."""
    assert process.stderr is not None
    patience = threading.Timer(TIMEOUT_S, process.kill)
    patience.start()
    said = []
    try:
        for line in process.stderr:
            said.append(line)
            if found := re.search(r"WebDriver BiDi listening on (ws://\S+)", line):
                threading.Thread(target=_drain, args=(process.stderr,)).start()
                return f"{found[1]}/session"
    finally:
        patience.cancel()
    raise WebDriverException("Firefox did not start:\n" + "".join(said))


def _drain(pipe: Any) -> None:
    with pipe:
        deque(pipe, maxlen=0)
