"""Signing out on the page, and being kept out by others: it is said in words, and one can act."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By

from chat.accounts.blocklist import Block, Why
from chat.backplane.embedded import EmbeddedBlocklistAdmin
from tests.browser.guest import Guest
from tests.browser.window import STATUS, USER, Window
from tests.support.server import ServerProcess, run_server


@pytest.fixture
def server(tmp_path: Path, port: int) -> Iterator[ServerProcess]:
    with run_server(tmp_path, port=port) as server:
        yield server


def keep_out(folder: Path, user: str, why: Why, *, for_s: float = 3600.0) -> None:
    """Do what an operator's command does."""

    async def put() -> None:
        book = EmbeddedBlocklistAdmin(folder)
        await book.put(Block(who=user, why=why, until_s=time.time() + for_s, reason="spam"))
        await book.close()

    asyncio.run(put())


# In one step: the dialog closes by itself as soon as the page is let in.
TRY_AGAIN = """
    if (document.getElementById("kept-out").open) document.getElementById("kept-out-action").click()
"""


def user_of(window: Window) -> str:
    return str(window.run(USER))


def is_told(window: Window, title: str) -> None:
    window.shows("#kept-out-title", title)
    window.until(lambda: window.find("#status").get_attribute("data-state") == "closed")


# By each transport, and in all tabs: test_identity.py.
def test_who_signs_out_comes_back_as_a_new_guest(window: Window, server: ServerProcess) -> None:
    ada = window
    ada.open()
    ada.call_me("Ada")
    ada.is_connected("websocket")
    ada.say("I was here")
    before = user_of(ada)
    ada.click("#name-button")
    ada.click("#sign-out")
    ada.shows("#sign-out-name", "Ada")
    ada.click("#sign-out-cancel")  # not yet
    ada.say("and am still")
    ada.click("#name-button")
    ada.click("#sign-out")
    ada.click("#sign-out-form .button--main")
    is_told(ada, "You have signed out")
    ada.click("#kept-out-action")
    ada.until(lambda: ada.text("#my-name").startswith("guest-"))
    ada.is_connected("websocket")
    assert user_of(ada) != before
    assert Guest(server.url).texts("general") == ["I was here", "and am still"]


def test_what_is_not_sent_yet_is_said_before_signing_out_drops_it(
    window: Window, server: ServerProcess
) -> None:
    ada = window
    ada.open()
    server.pause()
    ada.say("on its way")
    ada.click("#name-button")
    ada.click("#sign-out")
    ada.click("#sign-out-form .button--main")
    ada.shows(
        "#sign-out-problem",
        "1 message is not sent yet. If you sign out all the same, it is lost.",
    )
    server.go_on()
    ada.sees("on its way")
    assert Guest(server.url).texts("general") == ["on its way"]
    ada.click("#sign-out-form .button--main")
    is_told(ada, "You have signed out")


# By one transport: each carries a goodbye alike, whatever its reason, as the ban below shows.
def test_who_is_signed_out_by_others_is_told_and_comes_back_as_a_new_guest(
    window: Window, tmp_path: Path
) -> None:
    window.open(transport="sse")
    before = user_of(window)
    keep_out(tmp_path, before, Why.SIGNED_OUT)
    is_told(window, "You have signed out")
    window.click("#kept-out-action")
    window.until(lambda: user_of(window) != before)
    window.is_connected("sse")


@pytest.mark.parametrize("transport", STATUS)
def test_who_is_banned_is_told_until_when_and_why_and_is_back_after_that(
    window: Window, tmp_path: Path, transport: str
) -> None:
    window.open(transport=transport)
    user = user_of(window)
    keep_out(tmp_path, user, Why.BANNED)
    is_told(window, "You are banned")
    assert window.text("#kept-out-text").endswith("UTC: spam.")
    window.click("#kept-out-action")  # too early
    is_told(window, "You are banned")
    keep_out(tmp_path, user, Why.BANNED, for_s=0.0)

    def is_back() -> bool:
        window.run(TRY_AGAIN)
        return window.find("#status").get_attribute("data-state") == "connected"

    window.until(is_back)
    window.until(lambda: not window.driver.find_element(By.ID, "kept-out").is_displayed())
    assert user_of(window) == user
