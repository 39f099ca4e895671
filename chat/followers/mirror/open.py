"""Opens the stream that MIRROR_URL names."""

from chat.followers.mirror.stream import Stream
from chat.settings.mirror_url import MirrorUrl


def open_stream(url: MirrorUrl) -> Stream:
    """Return the stream at ``url``, not yet connected."""
    # Their clients are imported only where they are used.
    from chat.followers.mirror.nats import NatsStream

    return NatsStream(url)
