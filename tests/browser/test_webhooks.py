"""Webhooks as owners of a room meet them: made, looked at, sent again, changed and removed."""

from selenium.webdriver import Chrome

from tests.browser.conftest import forget_everything
from tests.browser.person import Person
from tests.support.server import run_server
from tests.support.webhook_receiver import run_receiver

SECRET = "return [...document.querySelectorAll('dialog[open] input[readonly]')].at(-1)?.value"
CLOSE = "return [...document.querySelectorAll('dialog[open]')].at(-1).close()"


def test_a_program_is_told_and_what_failed_is_seen_and_sent_again(browser: Chrome) -> None:
    with run_server(WEBHOOKS_ALLOW="127.0.0.0/8") as server, run_receiver() as receiver:
        forget_everything(browser)
        hook = receiver.hook()
        ada = Person(browser, server.url)
        ada.enter()
        ada.perform({"type": "create", "title": "Builds", "access": "private"})
        ada.go_to("Builds")
        ada.press_on("#about-room")
        ada.press_on("dialog[open] button", "Tell another program…")
        ada.fill("dialog[open] input[type=url]", "http://user@hooks.example/")
        ada.submit()
        ada.until(lambda: "without a user and a password" in ada.text("body"), "it is not refused")
        ada.fill("dialog[open] input[type=url]", hook.url)
        ada.submit()
        ada.until(lambda: str(ada.run(SECRET)).startswith("whsec_"), "there is no secret")
        hook.secret = str(ada.run(SECRET))
        ada.close_dialogs()
        # Until somebody has looked: on a busy machine that may be after another attempt.
        hook.answers = [(500, {})] * 5
        ada.write_and_send("it is deployed")
        hook.wait_asked(1)
        webhooks = f"/api/webhooks?room={ada.address.removeprefix('/rooms/')}"
        ada.until(lambda: "it answered 500" in ada.api("GET", webhooks), "no failure is known")
        ada.press_on("#about-room")
        told = lambda words: lambda: words in ada.text("dialog[open] section.members")  # noqa: E731
        ada.until(told("it answered 500"), "no failure is shown")
        hook.answers.clear()
        hook.wait(1)
        ada.press_on("dialog[open] button", "Deliveries…")
        ada.until(lambda: "Send again" in ada.text("body"), "there are no deliveries")
        ada.press_on("dialog[open] button", "Look again")
        ada.until(lambda: "at attempt " in ada.text("body"), "it is not shown as delivered")
        ada.press_on("dialog[open] button", "Send again")
        assert [one.id for one in hook.wait(2)] == [hook.asked[0]] * 2
        assert (hook.texts, hook.forged) == (["it is deployed"] * 2, 0)
        ada.run(CLOSE)
        ada.press_on("dialog[open] button", "Change…")
        ada.fill("dialog[open] fieldset ~ label input[type=checkbox]", False)
        ada.submit()
        ada.until(told("Disabled."), "it is not shown as disabled")
        ada.press_on("dialog[open] button", "Change…")
        ada.press_on("dialog[open] button", "Remove")
        ada.until(told("Other programs that are told"), "it is still there")
        ada.close_dialogs()
