"""The backplane of one process, on SQLite; it needs no other server."""

from chat.backplane.embedded.backplane import EmbeddedBackplane
from chat.backplane.embedded.blocklist_admin import EmbeddedBlocklistAdmin

__all__ = ["EmbeddedBackplane", "EmbeddedBlocklistAdmin"]
