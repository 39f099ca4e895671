"""The page before several instances on one Redis, and while that is away."""

import re
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.guest import Guest
from tests.browser.window import SAY, Window
from tests.support.ports import free_port
from tests.support.redis_server import RedisServer, run_redis
from tests.support.server import ServerProcess, run_server

STORE_AWAY = "The server can't save messages right now."
HISTORY_LIMIT = 100


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with run_redis() as redis:
        yield redis


@pytest.fixture
def server(redis: RedisServer) -> Iterator[ServerProcess]:
    with run_server(REDIS_URL=redis.url, HISTORY_LIMIT=str(HISTORY_LIMIT)) as server:
        yield server


@pytest.fixture
def development(tmp_path: Path) -> Iterator[ServerProcess]:
    """What `make dev` runs: a Redis, two instances, and haproxy before them."""
    site = ServerProcess(tmp_path, {"RATE_LIMITS": "off"}, "scripts/dev.py")
    site.port = free_port()
    site.launch()
    try:
        site.until_logged(f"Parley is on {site.url.replace('127.0.0.1', 'localhost')};")
        yield site
    finally:
        site.stop()


def test_two_browsers_talk_by_long_polling_while_each_request_lands_on_another_instance(
    windows: tuple[Window, Window], development: ServerProcess
) -> None:
    texts = []
    for window in windows:
        window.server = development.url
        window.open(transport="longpoll")
    for number in range(10):
        for window, name in zip(windows, ("Ada", "Bob"), strict=True):
            texts.append(f"{name} {number}")
            window.run(SAY, texts[-1])  # typing takes longer
            for each in windows:
                each.sees(*texts)
    for window in windows:
        assert window.messages() == texts
        window.driver.get("about:blank")

    requests = re.findall(r"instance (one|two): 200 (\w+ /\w+)\S*", "".join(development.log))
    for endpoint in ("GET /poll", "POST /send"):
        served = Counter(instance for instance, request in requests if request == endpoint)
        assert min(served["one"], served["two"]) > 0.3 * served.total() > 5, served
    polls: dict[str, list[str]] = {}
    for instance, session in re.findall(
        r"instance (one|two): 200 GET /poll\?session=(\w+)", "".join(development.log)
    ):
        polls.setdefault(session, []).append(instance)
    for served_by in polls.values():
        hops = sum(one != other for one, other in zip(served_by, served_by[1:], strict=False))
        # Two sessions that poll by turns may each keep its instance for a while.
        assert hops > 0.1 * len(served_by) > 1, "a session was served by one instance"


def test_a_redis_that_is_away_is_said_in_words_and_what_was_written_is_kept_and_sent(
    windows: tuple[Window, Window], redis: RedisServer
) -> None:
    ada, bob = windows
    ada.open()
    bob.open(transport="longpoll")
    ada.say("before")
    bob.sees("before")
    redis.pause()
    try:
        ada.say("while it is away", "and a second one")
        bob.say("from the other side")
        for window in windows:
            window.shows("#bar-text", STORE_AWAY)
        ada.write("a draft")
        ada.message("while it is away")
        ada.shoot("store-away")
    finally:
        redis.go_on()
    ada.is_connected("websocket")
    bob.is_connected("longpoll")
    for window in windows:
        window.until(lambda w=window: len(w.messages()) == 4)
        assert sorted(window.messages()) == [
            "and a second one", "before", "from the other side", "while it is away",
        ]  # fmt: skip
        assert window.messages().index("while it is away") < window.messages().index(
            "and a second one"
        )
    assert ada.messages() == bob.messages()
    assert ada.find("#text").get_attribute("value") == "a draft"


def test_who_was_away_longer_than_the_history_has_the_room_loaded_anew_and_keeps_the_draft(
    window: Window, server: ServerProcess
) -> None:
    window.open()
    window.say("long ago")
    window.sees("long ago")
    window.write("a draft")
    window.driver.set_network_conditions(
        offline=True, latency=0, download_throughput=-1, upload_throughput=-1
    )
    window.until(lambda: not window.text("#status-text").startswith("Connected"))
    texts = [f"m{number}" for number in range(2 * HISTORY_LIMIT)]
    talking = threading.Thread(target=Guest(server.url).say, args=("general", *texts))
    talking.start()
    talking.join()
    window.driver.delete_network_conditions()
    window.sees(*texts[-50:])
    shown = window.messages()  # once: the page goes on to load older ones
    assert "long ago" not in shown
    assert shown == texts[-len(shown) :]
    assert window.find("#text").get_attribute("value") == "a draft"
