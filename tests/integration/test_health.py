"""Being alive is our own affair; being ready is the log's, too."""

import json
from unittest import TestCase

import pytest

from chat import __version__
from chat.application import Server
from chat.errors import Unavailable
from chat.protocol.codes import Code
from tests.support.client import Client
from tests.support.wire import WAIT_S

pytestmark = pytest.mark.gen_test(timeout=WAIT_S)


async def test_it_is_alive_and_ready_while_the_log_answers_and_names_nobody(
    http_server: Server, base_url: str
) -> None:
    instance = http_server.attachments.instance
    about = {"status": "ok", "version": __version__, "instance": instance}
    async with Client(base_url) as client:
        for path, answer in {
            "/healthz": about,
            "/readyz": about | {"reasons": [], "notes": []},
        }.items():
            response = await client.get(path)
            assert (response.code, json.loads(response.body)) == (200, answer)
            assert "Set-Cookie" not in response.headers


async def test_it_is_alive_but_not_ready_with_the_reason_while_the_log_is_away(
    http_server: Server, base_url: str
) -> None:
    async def check() -> None:
        raise Unavailable(Code.UNAVAILABLE, "The disk is gone.", retry_ms=2000)

    http_server.backplane.check = check  # type: ignore[method-assign]
    async with Client(base_url) as client:
        assert (await client.get("/healthz")).code == 200
        with TestCase().assertNoLogs("tornado.access", "WARNING"):  # it was told when it began
            response = await client.get("/readyz")
        assert response.code == 503
        assert json.loads(response.body)["reasons"] == ["The disk is gone."]
        assert json.loads(response.body)["status"] == "unavailable"
