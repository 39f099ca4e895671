"""The backplane of one process: SQLite below, no server needed."""

from chat.backplane.embedded.backplane import EmbeddedBackplane
from chat.backplane.embedded.blocklist_admin import EmbeddedBlocklistAdmin

__all__ = ["EmbeddedBackplane", "EmbeddedBlocklistAdmin"]
