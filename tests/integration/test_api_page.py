"""What is said of the HTTP API: it is all that is served, and clients made of it work."""

import asyncio
import importlib
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from chat.application import Server
from chat.web.openapi import document
from tests.integration.test_connections import wire
from tests.support.wire import WAIT_S

pytestmark = pytest.mark.gen_test(timeout=WAIT_S)

# Not for plain requests, or pages.
OTHERS = re.compile(
    r"/(chat|events|sockjs.*|static.*|)$|/(?!api|send|poll|negotiate|log|files|hooks)"
)


def served(server: Server) -> dict[re.Pattern[str], set[str]]:
    """Return the methods by the pattern of each route, as Tornado has them."""
    rules = server._http._application.wildcard_router.rules  # type: ignore[attr-defined]
    return {
        rule.matcher.regex: set(rule.target.methods()) - {"HEAD"}
        for rule in rules
        if not OTHERS.match(rule.matcher.regex.pattern)
    }


def described() -> dict[str, set[str]]:
    """Return the methods by each path, with the examples of its parameters."""
    found = {"/api": {"GET"}}
    for path, item in document()["paths"].items():
        for parameter in item.get("parameters", []):
            path = path.replace(f"{{{parameter['name']}}}", parameter["example"])
        found[path] = {method.upper() for method in item.keys() - {"parameters"}}
    return found


async def test_all_that_is_served_is_described_and_nothing_else(http_server: Server) -> None:
    routes, paths = served(http_server), described()
    assert len(routes) == len(paths) > 30
    for path, methods in paths.items():
        fitting, *_ = [found for pattern, found in routes.items() if pattern.fullmatch(path)]
        assert fitting == methods, path


async def test_the_page_shows_each_operation_and_type_and_runs_nothing(
    http_server: Server, base_url: str
) -> None:
    async with wire(base_url) as on:
        on.writer.write(b"GET /api HTTP/1.1\r\nHost: a\r\n\r\n")
        status, headers, body = await on.answer()
    assert status == 200
    assert "set-cookie" not in headers
    assert "script-src" not in headers["content-security-policy"]
    assert b"<script" not in body
    shown = set(re.findall(r'<section [^>]*id="(\w+)"', body.decode()))
    links = set(re.findall(r'href="#(\w+)"', body.decode()))
    described = document()
    names = {
        item[method]["operationId"]
        for item in described["paths"].values()
        for method in item.keys() - {"parameters"}
    }
    assert shown == names | set(described["components"]["schemas"])
    assert links <= shown


async def test_a_client_that_is_generated_sends_and_reads(
    http_server: Server, base_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = tmp_path / "parley_api"
    generating = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none"),
        *("--url", f"{base_url}/openapi.json", "--output-path", str(made)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await generating.communicate()
    assert generating.returncode == 0, said.decode()
    monkeypatch.syspath_prepend(tmp_path)

    def part(name: str) -> Any:
        return importlib.import_module(f"parley_api.{name}")

    client = part("client").Client(base_url=base_url)
    models = part("models")
    async with client:
        joining = models.Join(type_=models.JoinType.JOIN, room="general")
        replies = await part("api.transports.send_commands").asyncio(client=client, body=[joining])
        assert [reply.type_ for reply in replies.replies] == ["ok"]
        sent = await part("api.rooms.post_message").asyncio(
            "general", client=client, body=models.Post(text="Hello", key="1")
        )
        history = await part("api.rooms.list_messages").asyncio("general", client=client)
        assert [(it.text, it.offset) for it in history.messages] == [("Hello", sent.offset)]
