"""What pages may do."""

from chat.http.csp import file_policy, page_headers, still_page_headers

CSP = "Content-Security-Policy"


def directives(policy: str) -> dict[str, str]:
    """Return the directives of one policy."""
    parts = (part.strip().partition(" ") for part in policy.split(";"))
    return {name: value for name, _, value in parts}


def test_a_script_has_to_be_ours_and_to_carry_the_nonce() -> None:
    ours, named = map(directives, page_headers("chat.example:8000", "n0nce")[CSP].split(","))
    assert ours["default-src"] == "'none'"
    assert ours["script-src"] == "'self'"
    assert ours["connect-src"] == "'self' ws://chat.example:8000 wss://chat.example:8000"
    assert named == {"script-src": "'nonce-n0nce'", "worker-src": "'self'"}


def test_a_script_in_the_page_is_this_one_and_carries_the_nonce() -> None:
    policies = page_headers("a", "n0nce", inline="alert(1)")[CSP].split(",")
    ours, named = map(directives, policies)
    # As `printf 'alert(1)' | openssl dgst -sha256 -binary | base64` has it.
    assert ours["script-src"] == "'self' 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"
    assert named["script-src"] == "'nonce-n0nce'"


def test_nothing_inline_is_let_through_anywhere() -> None:
    for policy in (
        page_headers("a", "b", inline="c")[CSP],
        still_page_headers()[CSP],
        file_policy("a"),
    ):
        assert "unsafe" not in policy
        assert directives(policy)["default-src"] == "'none'"


def test_a_page_without_scripts_may_run_none() -> None:
    assert "script-src" not in still_page_headers()[CSP]


def test_no_page_is_shown_in_another_sites_frame() -> None:
    for headers in (page_headers("a", "b"), still_page_headers()):
        assert "frame-ancestors 'self'" in headers[CSP]
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
