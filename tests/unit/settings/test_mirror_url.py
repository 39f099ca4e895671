"""MIRROR_URL is checked once, and no message about it repeats what may be a secret."""

from pathlib import Path

import pytest

from chat.errors import SettingsError
from chat.settings.hosts import Host
from chat.settings.mirror_url import MirrorUrl
from chat.settings.settings import Settings

SECRET = "S3cr3t"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nats://h/chat", MirrorUrl(scheme="nats", hosts=(Host("h", 4222),), target="chat")),
        (
            "nats+tls://to%2Fken@a,[::1]:1/eu.chat_1?credentials=/etc/my.creds",
            MirrorUrl(
                scheme="nats",
                hosts=(Host("a", 4222), Host("::1", 1)),
                target="eu.chat_1",
                has_tls=True,
                username="to/ken",
                credentials=Path("/etc/my.creds"),
            ),
        ),
        ("KAFKA://h/chat", MirrorUrl(scheme="kafka", hosts=(Host("h", 9092),), target="chat")),
        (
            "kafka+tls://u:p%40w@a:9093,b/chat.eu?mechanism=SCRAM-SHA-512",
            MirrorUrl(
                scheme="kafka",
                hosts=(Host("a", 9093), Host("b", 9092)),
                target="chat.eu",
                has_tls=True,
                username="u",
                password="p@w",
                mechanism="SCRAM-SHA-512",
            ),
        ),
    ],
)
def test_an_address_is_read(text: str, expected: MirrorUrl) -> None:
    assert MirrorUrl.parse(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "chat", "http://h/chat", "nats://h", "nats://h/", "nats:///chat", "nats://h/a..b",
        "nats://h/chat.", "nats://h/chat.>", "nats://h/$JS", "nats://h/_INBOX.a", "nats://h/a/b",
        f"nats://h/{'a' * 101}", "nats://h:0/chat", "nats://h/a b", "tls+nats://h/chat",
        f"nats://u:{SECRET}/x@h/chat", f"nats://{SECRET}@h/chat#x", f"nats://{SECRET}",
        f"nats://{SECRET}@h/chat?mechanism=PLAIN", f"kafka://u:{SECRET}@h/chat?credentials=/x",
        f"kafka://{SECRET}@h/chat", f"kafka://u:{SECRET}@h/chat?mechanism=GSSAPI",
        f"nats://u:%ff{SECRET}@h/chat", f"nats://[{SECRET}/chat", f"nats://u:{SECRET}@h/chat?x",
    ],
)  # fmt: skip
def test_others_are_refused_without_a_word_of_them(text: str) -> None:
    with pytest.raises(SettingsError) as raised:
        Settings.read({"MIRROR_URL": text})
    assert "MIRROR_URL" in str(raised.value)
    assert SECRET not in str(raised.value)


def test_logs_do_not_show_the_password() -> None:
    url = MirrorUrl.parse(f"kafka+tls://u:{SECRET}@h:1/chat")
    assert str(url) == "kafka+tls://h:1/chat"
    assert SECRET not in repr(url)
