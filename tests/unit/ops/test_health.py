"""Being alive is our own affair; being ready is the log's, too."""

import json
import tempfile
from pathlib import Path
from unittest import IsolatedAsyncioTestCase

from chat import __version__
from chat.application import Server
from chat.errors import Unavailable
from chat.protocol.codes import Code
from chat.settings.settings import Settings
from tests.support.clients import Client


class TestHealth(IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.server = Server(Settings(port=0, address="127.0.0.1", data_dir=Path(folder.name)))
        port = await self.server.start()
        self.addAsyncCleanup(self.server.stop)
        self.client = await self.enterAsyncContext(Client(f"http://127.0.0.1:{port}"))

    async def test_it_is_alive_and_ready_while_the_log_answers_and_names_nobody(self) -> None:
        about = {
            "status": "ok",
            "version": __version__,
            "instance": self.server.attachments.instance,
        }
        for path, answer in {"/healthz": about, "/readyz": about | {"reasons": []}}.items():
            response = await self.client.get(path)
            self.assertEqual((response.code, json.loads(response.body)), (200, answer))
            self.assertNotIn("Set-Cookie", response.headers)

    async def test_it_is_alive_but_not_ready_with_the_reason_while_the_log_is_away(self) -> None:
        async def check() -> None:
            raise Unavailable(Code.UNAVAILABLE, "The disk is gone.", retry_ms=2000)

        self.server.backplane.check = check  # type: ignore[method-assign]
        self.assertEqual((await self.client.get("/healthz")).code, 200)
        with self.assertNoLogs("tornado.access", "WARNING"):  # it was told when it began
            response = await self.client.get("/readyz")
        self.assertEqual(response.code, 503)
        self.assertEqual(json.loads(response.body)["reasons"], ["The disk is gone."])
        self.assertEqual(json.loads(response.body)["status"], "unavailable")
