"""Chromium registers a passkey and signs in with it, by its virtual authenticator."""

from typing import Any

from selenium.webdriver import Chrome
from selenium.webdriver.common.virtual_authenticator import (
    Protocol,
    Transport,
    VirtualAuthenticatorOptions,
)

from tests.browser.person import Person
from tests.support.server import run_server

# A browser's part, as a page does it.
ASK = """
    const post = async (path, body) => {
        const answer = await fetch(path, {
            method: "POST", body: JSON.stringify(body),
            headers: { "Content-Type": "application/json", Accept: "application/json" },
        })
        return [answer.status, await answer.json()]
    }
    const done = arguments[arguments.length - 1]
"""
SIGN_UP = ASK + 'post("/api/signup", { name: arguments[0], password: arguments[1] }).then(done)'
REGISTER = f"""{ASK}
    const register = async () => {{
        const [, options] = await post("/api/passkeys/options", {{ purpose: "register" }})
        const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options)
        const made = await navigator.credentials.create({{ publicKey }})
        return post("/api/passkeys", {{ credential: made.toJSON() }})
    }}
    register().then(done, error => done([0, String(error)]))
"""
SIGN_IN = f"""{ASK}
    const signIn = async () => {{
        const [, options] = await post("/api/passkeys/options", {{ purpose: "sign_in" }})
        const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options)
        const found = await navigator.credentials.get({{ publicKey }})
        return post("/api/passkeys/signin", {{ credential: found.toJSON() }})
    }}
    signIn().then(done, error => done([0, String(error)]))
"""
LOG_OUT = f'{ASK} post("/logout", {{}}).then(done)'


def test_a_passkey_is_registered_and_signs_in_after_signing_out(browser: Chrome) -> None:
    browser.add_virtual_authenticator(
        VirtualAuthenticatorOptions(
            protocol=Protocol.CTAP2,
            transport=Transport.INTERNAL,
            has_resident_key=True,
            has_user_verification=True,
            is_user_verified=True,
        )
    )
    try:
        with run_server() as server:
            browser.get(f"http://localhost:{server.port}/signin")

            def run(script: str, *arguments: Any) -> Any:
                return browser.execute_async_script(script, *arguments)

            status, member = run(SIGN_UP, "Zoe", "correct horse battery")
            assert status == 201
            status, passkey = run(REGISTER)
            assert status == 201, passkey
            assert "Chrom" in passkey["name"]
            assert run(LOG_OUT)[0] == 200
            status, again = run(SIGN_IN)
            assert (status, again) == (200, member)
            browser.delete_all_cookies()
    finally:
        browser.remove_virtual_authenticator()


def test_the_page_makes_a_passkey_and_signs_in_by_it(browser: Chrome) -> None:
    browser.add_virtual_authenticator(
        VirtualAuthenticatorOptions(
            protocol=Protocol.CTAP2,
            transport=Transport.INTERNAL,
            has_resident_key=True,
            has_user_verification=True,
            is_user_verified=True,
        )
    )
    try:
        with run_server() as server:
            zoe = Person(browser, server.url.replace("127.0.0.1", "localhost"))
            zoe.visit("/signin")
            zoe.fill("#new-name", "Zoe")
            zoe.fill("#new-password", "correct horse battery")
            zoe.submit("#sign-up form")
            zoe.press_on("#account")
            zoe.press_on("dialog[open] button", "Passkeys…")
            zoe.press_on("dialog[open] button", "Add this device")
            zoe.until(lambda: "Chrom" in zoe.text("dialog:last-of-type .members__name"))
            zoe.close_dialogs()
            zoe.run("return fetch('/logout', { method: 'POST' }).then((r) => r.status)")
            zoe.visit("/signin")
            zoe.press_on("#passkey")
            zoe.shows("#my-name", "Zoe")
            browser.get("about:blank")
            browser.delete_all_cookies()
    finally:
        browser.remove_virtual_authenticator()
