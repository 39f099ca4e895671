"""How the page gets through: what it says of it, what it falls back to, how it comes back."""

import shutil
from pathlib import Path

from tests.browser.guest import Guest
from tests.browser.window import STATUS, Window
from tests.support.server import ServerProcess, run_server


def test_being_offline_is_said_in_words_and_can_be_cut_short(
    window: Window, server: ServerProcess
) -> None:
    window.open()
    # Chance lengthens each wait a hundred times: by itself the page would come back too late.
    window.run("Math.random = () => 100")
    server.kill()
    window.until(lambda: "can't be reached. Trying again in" in window.text("#bar-text"))
    assert "ffline" not in window.text("body")
    server.start()
    window.click("#try-now")
    window.is_connected("websocket")


def test_a_device_without_a_network_is_not_kept_busy_and_comes_back_with_it(
    window: Window, server: ServerProcess
) -> None:
    window.open()
    window.driver.set_network_conditions(
        offline=True, latency=0, download_throughput=-1, upload_throughput=-1
    )
    window.shows("#status-text", "Offline")
    window.shows("#bar-text", "You are offline: this device has no network.")
    Guest(server.url).say("general", "meanwhile")
    window.driver.delete_network_conditions()
    window.is_connected("websocket")
    window.sees("meanwhile")


def test_what_was_said_during_a_restart_of_the_server_is_there(
    windows: tuple[Window, Window], server: ServerProcess
) -> None:
    ada, bob = windows
    ada.open(transport="longpoll")
    bob.open(transport="sse")
    ada.say("before")
    bob.sees("before")
    server.kill()
    server.start()
    Guest(server.url).say("general", "meanwhile")
    ada.sees("before", "meanwhile")
    bob.sees("before", "meanwhile")


def test_an_orderly_stop_is_come_back_from(
    windows: tuple[Window, Window], server: ServerProcess
) -> None:
    for window, transport in zip(windows, STATUS, strict=False):
        window.open(transport=transport)
    assert server.stop() == 0
    server.start()
    for window, transport in zip(windows, STATUS, strict=False):
        window.is_connected(transport)


def test_a_log_that_began_anew_is_loaded_anew_and_the_draft_stays(
    window: Window, tmp_path: Path
) -> None:
    with run_server(tmp_path, SECRET="long enough to be secret") as server:
        window.server = server.url
        window.open()
        window.say("of the old log")
        window.sees("of the old log")
        window.write("a draft")
        server.kill()
        shutil.rmtree(tmp_path)
        server.start()
        Guest(server.url).say("general", "of the new log")
        window.sees("of the new log")
        window.until(lambda: window.messages() == ["of the new log"])
        assert window.find("#text").get_attribute("value") == "a draft"
        window.driver.get("about:blank")
