"""A real Prometheus takes the rules as they are, and collects what Parley tells."""

import asyncio
import json
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import yaml

from tests.support.aio import LOOK_S
from tests.support.client import Client
from tests.support.ports import free_port
from tests.support.server import ROOT, run_server
from tests.unit.ops.test_dashboard import TARGETS

FOLDER = ROOT / "deploy/prometheus"
START_TIMEOUT_S = 30


def promtool(*arguments: str | Path) -> None:
    ran = subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@contextmanager
def run_prometheus(targets: list[str]) -> Iterator[str]:
    """Run the example's configuration over ``targets``, collecting each second."""
    configuration = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    configuration["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    configuration["rule_files"] = [str(FOLDER / "alerts.yml")]
    configuration["scrape_configs"][0]["static_configs"][0]["targets"] = targets
    address = f"127.0.0.1:{free_port()}"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "prometheus.yml"
        path.write_text(yaml.safe_dump(configuration))
        process = subprocess.Popen(
            ["prometheus", f"--config.file={path}", f"--storage.tsdb.path={folder}/data",
             f"--web.listen-address={address}", "--log.level=error"],
        )  # fmt: skip
        try:
            yield f"http://{address}"
        finally:
            process.terminate()
            process.wait(START_TIMEOUT_S)


def ask(prometheus: str, expression: str) -> dict[str, float]:
    """Return the values by instance; none while it has not begun."""
    try:
        with urlopen(f"{prometheus}/api/v1/query?{urlencode({'query': expression})}") as answer:
            result = json.load(answer)["data"]["result"]
    except URLError:
        return {}
    return {one["metric"].get("instance", ""): float(one["value"][1]) for one in result}


def test_the_configuration_and_the_alerts_are_sound_and_do_what_they_say() -> None:
    promtool("check", "config", FOLDER / "prometheus.yml")
    promtool("check", "rules", FOLDER / "alerts.yml")
    promtool("test", "rules", FOLDER / "alerts_test.yml")


def test_every_panel_of_the_dashboard_asks_what_prometheus_understands(tmp_path: Path) -> None:
    values = {"$job": "parley", "$instance": ".*", "$__rate_interval": "1m"}
    pattern = re.compile("|".join(map(re.escape, values)))
    rules = [
        {"record": f"panel:{n}", "expr": pattern.sub(lambda m: values[m[0]], target["expr"])}
        for n, target in enumerate(TARGETS)
    ]
    path = tmp_path / "rules.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    promtool("check", "rules", path)


def test_prometheus_collects_what_happens() -> None:
    async def say(url: str) -> None:
        async with Client(url) as client:
            await client.command(type="send", room="general", text="hi", key="k")

    with run_server() as server:
        asyncio.run(say(server.url))
        instance = f"127.0.0.1:{server.port}"
        with run_prometheus([instance]) as prometheus:
            deadline = time.monotonic() + START_TIMEOUT_S
            while ask(prometheus, 'up{job="parley"}') != {instance: 1.0}:
                assert time.monotonic() < deadline
                time.sleep(LOOK_S)
            sent = 'parley_commands_total{type="send", outcome="ok"}'
            while ask(prometheus, sent) != {instance: 1.0}:
                assert time.monotonic() < deadline
                time.sleep(LOOK_S)
            assert ask(prometheus, "parley_store_up") == {instance: 1.0}
            # Rules that ran before the first scrape missed the server; the next time they do not.
            while ask(prometheus, "ALERTS") != {}:
                assert time.monotonic() < deadline
                time.sleep(LOOK_S)
