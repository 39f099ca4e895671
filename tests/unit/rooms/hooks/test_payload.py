"""Which service a payload is of, and what is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.errors import InvalidInput
from chat.protocol.codes import Code
from chat.rooms.hooks.payload import payload_of_form, read
from chat.rooms.texts import MAX_TEXT_CHARACTERS

GITHUB = {"X-GitHub-Event": "push"}


@pytest.mark.parametrize(
    ("headers", "payload", "code"),
    [
        ({}, b"{}", Code.BAD_COMMAND),
        ({}, b'{"message": "hello"}', Code.BAD_COMMAND),
        ({}, b"[]", Code.BAD_COMMAND),
        ({}, b'"text"', Code.BAD_COMMAND),
        ({}, b'{"text": {}}', Code.BAD_COMMAND),
        ({}, b'{"alerts": null}', Code.BAD_COMMAND),
        ({}, b'{"object_kind": "wiki_page"}', Code.BAD_COMMAND),
        ({"X-GitHub-Event": "star"}, b"{}", Code.BAD_COMMAND),
        ({"Sentry-Hook-Resource": "comment"}, b"{}", Code.BAD_COMMAND),
        (GITHUB, b'{"commits": {}}', Code.BAD_COMMAND),
        (GITHUB, b'{"commits":', Code.BAD_JSON),
        ({}, b"", Code.BAD_JSON),
        ({}, b'{"text": "\xff"}', Code.BAD_JSON),
        ({}, b'{"a":' * 100_000, Code.BAD_JSON),
        ({}, b'{"text":' + b"[" * 100_000, Code.BAD_JSON),
    ],
)
def test_what_is_not_known_is_an_error_that_says_why(
    headers: dict[str, str], payload: bytes, code: Code
) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(headers, payload)
    assert caught.value.code == code


def test_an_unknown_form_is_told_what_is_taken() -> None:
    with pytest.raises(InvalidInput, match=r"Slack.*GitHub.*GitLab.*Sentry.*Grafana"):
        read({}, b'{"message": "hello"}')


def test_what_is_said_fits_in_a_message() -> None:
    text = read({}, b'{"text": "' + b"a" * 9000 + b'"}').text
    assert len(text) == MAX_TEXT_CHARACTERS


def test_a_form_has_the_payload_in_a_field() -> None:
    assert payload_of_form(b"token=a&payload=%7B%22text%22%3A+%22%C3%A9%22%7D") == (
        '{"text": "é"}'.encode()
    )
    with pytest.raises(InvalidInput):
        payload_of_form(b"text=a")


@given(
    st.sampled_from([{}, GITHUB, {"Sentry-Hook-Resource": "issue"}]),
    st.binary(max_size=60) | st.text(max_size=60).map(str.encode),
)
def test_whatever_comes_is_said_or_refused(headers: dict[str, str], payload: bytes) -> None:
    try:
        said = read(headers, payload)
    except InvalidInput:
        return
    assert len(said.text) <= MAX_TEXT_CHARACTERS
