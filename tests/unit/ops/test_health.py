"""Health is what the log's answer is."""

import json
import tempfile
from pathlib import Path
from unittest import IsolatedAsyncioTestCase

from chat.application import Server
from chat.errors import Unavailable
from chat.protocol.codes import Code
from chat.settings import Settings
from tests.support.clients import Client


class TestHealth(IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.server = Server(Settings(port=0, address="127.0.0.1", data_dir=Path(folder.name)))
        port = await self.server.start()
        self.addAsyncCleanup(self.server.stop)
        self.client = await self.enterAsyncContext(Client(f"http://127.0.0.1:{port}"))

    async def test_it_is_200_while_the_log_answers_and_names_nobody(self) -> None:
        response = await self.client.get("/healthz")
        self.assertEqual((response.code, json.loads(response.body)), (200, {"status": "ok"}))
        self.assertNotIn("Set-Cookie", response.headers)

    async def test_it_is_503_with_the_reason_while_it_does_not(self) -> None:
        async def check() -> None:
            raise Unavailable(Code.UNAVAILABLE, "The disk is gone.", retry_ms=2000)

        self.server.backplane.check = check  # type: ignore[method-assign]
        with self.assertLogs("tornado.access", "ERROR"):
            response = await self.client.get("/healthz")
        self.assertEqual(response.code, 503)
        self.assertEqual(json.loads(response.body)["reason"], "The disk is gone.")
