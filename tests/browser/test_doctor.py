"""What Parley says of the network that it finds."""

import pytest

from tests.browser.window import Window
from tests.support.hostile import Mode, run_hostile
from tests.support.server import ServerProcess, run_server

WELL = "All is well."
BY_EVENTS = "The chat works here, by its second way."
BY_POLLS = "The chat works here, by its third way."
NOT_ALL = "The chat works here, but not everything gets through well."
POSTS = "What is sent by POST gets no answer."


def list_of(window: Window) -> list[str]:
    texts = window.run(
        "return [...document.querySelectorAll('#sentences li')].map(e => e.textContent)"
    )
    assert isinstance(texts, list)
    return texts


@pytest.mark.parametrize(
    ("mode", "headline", "sentences"),
    [
        (Mode.FRIENDLY, WELL, []),
        (Mode.WEBSOCKET_REFUSED, BY_EVENTS, ["Your network refuses WebSockets."]),
        (
            Mode.MUTE_AND_HELD,
            BY_POLLS,
            [
                "Your network lets WebSockets open, and nothing through them.",
                "A proxy holds back event streams.",
            ],
        ),
    ],
)
def test_the_doctor_says_what_the_network_does(
    window: Window, server: ServerProcess, mode: Mode, headline: str, sentences: list[str]
) -> None:
    with run_hostile(server.port, mode=mode, rtt_ms=50) as network:
        window.driver.get(f"{network.url}/doctor")
        window.until(lambda: window.text("#headline") == headline, within_s=180)
        assert list_of(window) == sentences
        report = window.find("#report").get_attribute("value")
        assert all(sentence in report for sentence in sentences)
        assert "works" in report
        assert "Instance of the server: " in report
        assert "none answered" not in report
        # It reads on from where it was, so it waits for what comes: three polls in 12 s, as a rule.
        assert network.requests["/poll"] <= 8
        if mode is Mode.MUTE_AND_HELD:
            window.shoot("doctor")
            window.resize(390, 844, is_phone=True)
            window.shoot("doctor-phone")
        window.driver.get("about:blank")


def test_the_doctor_sees_what_the_server_tells_and_what_is_not_answered(
    window: Window, server: ServerProcess
) -> None:
    with run_hostile(server.port, mode=Mode.HTTP_1_0, rtt_ms=5) as network:
        window.driver.get(f"{network.url}/doctor")
        window.until(lambda: window.text("#headline") == BY_EVENTS, within_s=180)
        assert "A proxy on the way speaks HTTP/1.0, which has no WebSockets." in list_of(window)
        network.become(Mode.POSTS_SWALLOWED)
        window.click("#again")
        window.until(lambda: window.text("#headline") == NOT_ALL, within_s=180)
        assert POSTS in list_of(window)
        window.driver.get("about:blank")


def test_the_doctor_does_not_blame_the_network_for_a_limit_of_the_server(
    windows: tuple[Window, Window],
) -> None:
    with run_server(MAX_CONNECTIONS_PER_USER="1") as server:
        window = windows[0]
        window.server = server.url
        window.open()
        first = window.driver.current_window_handle
        window.driver.switch_to.new_window("tab")
        window.driver.get(f"{server.url}/doctor")
        window.until(lambda: window.text("#progress") == "Done.", within_s=180)
        (sentence,) = list_of(window)
        assert "The server limits how much" in sentence
        assert "your network is not the cause" in window.text("#headline")
        assert "Close other tabs of this chat" in window.text("#steps")
        window.driver.close()
        window.driver.switch_to.window(first)
        window.driver.get("about:blank")


def test_the_history_of_a_connection_can_be_read_beside_it(
    window: Window, server: ServerProcess
) -> None:
    with run_hostile(server.port, mode=Mode.WEBSOCKET_MUTE, rtt_ms=50) as network:
        window.driver.get(network.url)
        window.is_connected("sse")
        window.until(lambda: window.run("return document.querySelector('.status__words') !== null"))
        window.click(".status__words")
        window.find("#history:popover-open")
        window.until(
            lambda: "Nothing came through it within 2.0 s." in window.text("#history-list")
        )
        assert window.text("#history-now").startswith("Messages come over Server-Sent Events for ")
        window.shoot("history")
        window.prefer(prefers_color_scheme="dark")
        window.resize(390, 844, is_phone=True)
        window.shoot("history-phone-dark")
        network.become(Mode.FRIENDLY)
        window.until(
            lambda: window.text("#history-now").startswith("Messages come over WebSocket for "),
            within_s=180,
        )
        window.driver.get("about:blank")
