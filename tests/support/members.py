"""Clients that sign up and in, and a deployment of each kind with its first owner."""

import itertools
import json
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tornado.httputil import HTTPHeaders

from tests.support.client import Client
from tests.support.server import ServerProcess
from tests.support.site import run_site
from tests.support.wire import Answer

SETUP_CODE = "0123456789abcdef"
REFUSED = "WARNING tornado.access: 4"  # what is refused is in the access log
PASSWORD = "correct horse battery"
_numbers = itertools.count(1)


def new_name() -> str:
    """Return a name that no other test has."""
    return f"Member {next(_numbers) * 7919 % 100_003}"


class Member(Client):
    """A client that asks in JSON; ``user`` and ``name`` are those it has signed in as."""

    user = ""
    name = ""
    known = ""  # the cookie by which a browser is known, which outlives signing out

    @property
    def _headers(self) -> dict[str, str]:
        cookies = "; ".join(filter(None, (self.cookie, self.known)))
        return {"Cookie": cookies} if cookies else {}

    def _take_cookies(self, headers: HTTPHeaders) -> None:
        super()._take_cookies(headers)
        for given in headers.get_list("Set-Cookie"):
            if given.startswith("parley_known_"):
                self.known = given.partition(";")[0]

    async def ask_json(self, method: str, path: str, **body: Any) -> tuple[int, dict[str, Any]]:
        """Return the status and the decoded body of an answer."""
        answer = await self.fetch(
            method,
            path,
            None if method == "GET" else json.dumps(body),
            {"Content-Type": "application/json", "Accept": "application/json"},
        )
        return answer.code, json.loads(answer.body)

    async def must(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        code, answer = await self.ask_json(method, path, **body)
        assert code in (200, 201), (code, answer)
        return answer

    async def code_of(self, method: str, path: str, **body: Any) -> str:
        """Return the code of the error with which a request is refused."""
        status, answer = await self.ask_json(method, path, **body)
        assert status >= 400, answer
        return str(answer["code"])

    async def sign_up(self, name: str = "", **more: str) -> str:
        """Sign up under a new name; return it."""
        name = name or new_name()
        answer = await self.must("POST", "/api/signup", name=name, password=PASSWORD, **more)
        self.user, self.name = answer["user"], answer["name"]
        return name

    async def log_in(self, name: str, password: str = PASSWORD) -> None:
        answer = await self.must("POST", "/api/login", name=name, password=password)
        self.user, self.name = answer["user"], answer["name"]

    async def form(self, path: str, **fields: str) -> Answer:
        """Post a form as a browser does, without following the answer."""
        body = "&".join(f"{name}={_quoted(value)}" for name, value in fields.items())
        return await self.post(path, body, {"Accept": "text/html"})

    async def become_owner(self, code: str = SETUP_CODE) -> None:
        name = new_name()
        answer = await self.form("/setup", code=code, name=name, password=PASSWORD)
        assert answer.code == 200, answer.body
        me = await self.must("GET", "/api/me")
        assert me["role"] == "owner"
        self.user, self.name = me["user"], me["name"]


def _quoted(text: str) -> str:
    return quote(text, safe="")


@contextmanager
def run_deployment(kind: str, **env: str) -> Iterator[Sequence[str]]:
    """Run one embedded server, or two instances on Redis; yield two addresses to use."""
    env = {"OWNER_SETUP_CODE": SETUP_CODE, **env}
    if kind == "redis":
        with run_site(2, **env) as site:
            yield site.urls
            site.expect(REFUSED)
            assert site.surprises() == []
        return
    with tempfile.TemporaryDirectory() as folder:
        server = ServerProcess(Path(folder), {"RATE_LIMITS": "off", **env})
        server.start()
        try:
            yield [server.url, server.url]
            server.until_all_logged()
            assert [line for line in server.complaints() if not re.search(REFUSED, line)] == []
        finally:
            server.stop()


def code_in(url: str) -> str:
    """Return the code in a link."""
    return url.partition("?code=")[2]
