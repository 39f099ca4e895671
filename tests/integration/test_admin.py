"""One page shows all instances of a deployment."""

import asyncio
import json
from typing import Any

from tests.support.client import Client
from tests.support.site import Site, run_site
from tests.support.wire import WAIT_S

TOKEN = "0123456789abcdef"
HEADERS = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/json"}


async def ask(client: Client) -> dict[str, dict[str, Any]]:
    answer = json.loads((await client.get("/admin", HEADERS)).body)
    return {told["instance"]: told for told in answer["instances"]}


async def watch(site: Site) -> None:
    async with Client(site.urls[0]) as one, Client(site.urls[1]) as other:
        async with asyncio.timeout(WAIT_S):
            while len(await ask(one)) < 2:
                pass
        hello = await (await other.websocket()).read()
        assert hello is not None
        async with asyncio.timeout(WAIT_S):
            while (await ask(one))[hello["instance"]]["transports"]["websocket"] == 0:
                pass
        assert (await ask(one))[hello["instance"]]["rooms"] == {"general": 1}
        assert (
            hello["instance"] in (await one.get("/admin", HEADERS | {"Accept": ""})).body.decode()
        )
        assert await asyncio.to_thread(site.servers[1].stop) == 0
        assert list(await ask(one)) != [] and hello["instance"] not in await ask(one)


def test_each_instance_is_on_every_instances_page_until_it_stops() -> None:
    with run_site(2, ADMIN_TOKEN=TOKEN) as site:
        asyncio.run(watch(site))
        assert site.surprises() == []
