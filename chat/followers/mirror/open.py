"""Opens the stream that MIRROR_URL names."""

from chat.errors import SettingsError
from chat.followers.mirror.stream import Stream
from chat.settings.mirror_url import KAFKA, MirrorUrl


def open_stream(url: MirrorUrl) -> Stream:
    """Return the stream at ``url``, not yet connected.

    Raises SettingsError if the client that it needs is not installed.
    """
    # The clients are imported only where they are used; that of Kafka is not always there.
    if url.scheme == KAFKA:
        try:
            from chat.followers.mirror.kafka import KafkaStream
        except ModuleNotFoundError as error:
            raise SettingsError(
                f"MIRROR_URL: Kafka needs the package {error.name}: pip install aiokafka"
            ) from error
        return KafkaStream(url)
    from chat.followers.mirror.nats import NatsStream

    return NatsStream(url)
