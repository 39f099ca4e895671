"""A mirror into Kafka needs a package that is not always there."""

import sys

import pytest

from chat.errors import SettingsError
from chat.followers.mirror.open import open_stream
from chat.settings.mirror_url import MirrorUrl


def test_without_the_client_of_kafka_the_start_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "aiokafka", None)
    monkeypatch.delitem(sys.modules, "chat.followers.mirror.kafka", raising=False)
    with pytest.raises(SettingsError, match="pip install aiokafka"):
        open_stream(MirrorUrl.parse("kafka://h/chat"))
