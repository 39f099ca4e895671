"""Deployed as the docs say: the Procfile, a Redis, nginx in front (`make deploy-check`)."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, cast
from urllib.request import urlopen

import pytest
from selenium.webdriver import Chrome

from chat.settings.options import Option
from chat.settings.settings import Settings
from tests.browser.firefox import Tab
from tests.browser.window import SAY, Window
from tests.support.deployment import Deployment, deploy
from tests.support.server import ROOT

TRANSPORTS = ("websocket", "sse", "longpoll")


@pytest.fixture(scope="module")
def browsers(whole_browsers: tuple[Chrome, Chrome]) -> tuple[Chrome, Chrome]:
    return whole_browsers  # as people have them


@pytest.fixture(scope="module")
def deployment() -> Iterator[Deployment]:
    with deploy() as deployment:
        yield deployment


@pytest.fixture
def page(firefox: Tab, deployment: Deployment) -> Iterator[Window]:
    tab = firefox.new_tab()
    window = Window(cast(Chrome, tab))
    window.server = deployment.url
    yield window
    tab.close()


def test_browsers_talk_through_it_by_every_transport(
    windows: tuple[Window, Window], page: Window, deployment: Deployment
) -> None:
    ada, bob = windows
    ada.server = bob.server = deployment.url
    people = (ada, bob, page)
    # What is between them and the server does not know which browser makes a request.
    for person, transport in zip(people, TRANSPORTS, strict=True):
        person.open(transport=transport)
    said: list[str] = []
    for number, person in enumerate(people):
        said.append(f"from {number}")
        person.run(SAY, said[-1])
        for each in people:
            each.sees(*said)
    for each in people:
        assert each.messages() == said
    ada.shoot("deployed")
    log = deployment.log("honcho.log")
    assert "web.1" in log and "web.2" in log
    assert " ERROR " not in log


def test_requests_go_to_either_instance(deployment: Deployment) -> None:
    instances = {
        json.load(urlopen(f"{deployment.url}/poll"))["data"][0]["instance"] for _ in "12345678"
    }
    assert len(instances) == 2


def test_instances_are_ready_and_believe_the_proxy_in_front(deployment: Deployment) -> None:
    for port in deployment.instances:
        with urlopen(f"http://127.0.0.1:{port}/readyz") as answer:
            assert answer.status == 200
    with urlopen(f"{deployment.url}/") as answer:
        assert answer.headers["Set-Cookie"]


class TestTheContract:
    """app.json and the Procfile say what the code does."""

    app: dict[str, Any] = json.loads((ROOT / "app.json").read_text())

    def test_every_variable_is_a_setting_with_a_value_it_takes(self) -> None:
        options: dict[str, Option] = {o.variable: o for o in Settings.options().values()}
        for name, entry in self.app["env"].items():
            assert entry["description"]
            if "value" in entry:
                options[name].parse(entry["value"])
            else:
                assert entry["generator"] == "secret"
                assert options[name].is_secret

    def test_redis_comes_with_it_and_what_is_checked_is_there(self, deployment: Deployment) -> None:
        assert any(addon.startswith("heroku-redis") for addon in self.app["addons"])
        (check,) = self.app["healthchecks"]["web"]
        with urlopen(f"{deployment.url}{check['path']}") as answer:
            assert answer.status == 200

    def test_each_process_of_the_procfile_is_formed_and_none_ends_by_itself(self) -> None:
        lines = (ROOT / "Procfile").read_text().splitlines()
        processes = dict(line.split(": ", 1) for line in lines)
        assert set(processes) == set(self.app["formation"])
        assert processes == {"web": "python app.py"}  # honcho ends all when one has ended

    def test_python_s_version_is_one_line_and_one_that_the_code_takes(self) -> None:
        assert re.fullmatch(r"3\.\d+\n", (ROOT / ".python-version").read_text())
        assert (ROOT / "requirements.txt").exists()
        for other in ("Pipfile", "Pipfile.lock", "poetry.lock", "uv.lock"):
            assert not (ROOT / other).exists(), "platforms take exactly one of these"

    @pytest.mark.skipif(sys.platform == "darwin", reason="there is no systemd on macOS")
    @pytest.mark.parametrize(
        "name", ["parley.service", "parley-backup.service", "parley-backup.timer"]
    )
    def test_a_unit_is_one_that_systemd_takes(self, name: str) -> None:
        unit = ROOT / "deploy" / name
        verified = subprocess.run(
            ["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False
        )
        # Its folders are the operator's, and not here.
        problems = [
            line for line in verified.stderr.splitlines() if "is not executable" not in line
        ]
        assert problems == []

    def test_the_image_holds_what_is_served_and_nothing_else(self) -> None:
        lines = (ROOT / "deploy" / "Dockerfile").read_text().splitlines()
        copied = [line.split()[1] for line in lines if line.startswith("COPY")]
        assert copied == ["requirements.txt", "app.py", "chat/", "static/", "templates/"]
        assert all((ROOT / name).exists() for name in copied)
        assert "USER parley" in lines and "STOPSIGNAL SIGTERM" in lines
