"""What receivers are sent, as a library for them verifies it."""

import json

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from chat.protocol.cursor import Position
from chat.protocol.entries import DeletedBody, Entry, MessageBody
from chat.protocol.webhooks import EVENTS, delivery_id, headers, payload, written_secret
from tests.unit.fakes import TIME

NOW_S = 1_700_000_000


def entry(**more: object) -> Entry:
    fields = {"user": "ada", "name": "Ada", "time": TIME, "key": "k", "text": "hi", "html": "hi"}
    return Entry("general", Position("e1", 7), "message", MessageBody(**fields | more).encode())


def test_a_payload_has_the_push_as_readers_get_it() -> None:
    sent = json.loads(payload(entry(text='say "hi"')) or b"")
    assert (sent["type"], sent["timestamp"]) == ("message", TIME)
    assert sent["data"] == json.loads(entry(text='say "hi"').encode())
    assert (sent["data"]["room"], sent["data"]["epoch"], sent["data"]["offset"]) == (
        "general",
        "e1",
        7,
    )


def test_of_kinds_of_a_newer_version_nothing_is_told() -> None:
    assert payload(Entry("general", Position("e1", 7), "sung", b"{}")) is None


def test_events_are_the_entries_of_rooms() -> None:
    assert EVENTS == (
        "message", "edited", "deleted", "reaction", "joined", "left", "room_changed",
    )  # fmt: skip
    body = DeletedBody(user="ada", name="Ada", time=TIME, target=3)
    deleted = json.loads(payload(Entry("r", Position("e", 4), "deleted", body.encode())) or b"")
    assert (deleted["type"], deleted["data"]["target"]) == ("deleted", 3)


def test_the_library_verifies_with_each_secret_and_with_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import time

    now_s = int(time.time())
    body = payload(entry(text="Grüße 🌍")) or b""
    id = delivery_id("general-00000000000000aa", Position("e1", 7))
    assert id == "general-00000000000000aa:e1:7"
    new, former, other = (written_secret(bytes([n]) * 32) for n in (1, 2, 3))
    sent = dict(headers(id, body, [new, former], now_s=now_s))
    for secret in (new, former):
        assert Webhook(secret).verify(body, sent) == json.loads(body)
    for wrong in (
        lambda: Webhook(other).verify(body, sent),
        lambda: Webhook(new).verify(body + b" ", sent),
        lambda: Webhook(new).verify(body, sent | {"webhook-id": "another"}),
        lambda: Webhook(new).verify(body, sent | {"webhook-timestamp": str(now_s + 1)}),
    ):
        with pytest.raises(WebhookVerificationError):
            wrong()
