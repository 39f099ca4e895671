"""The backplane of one process, on SQLite; it needs no other server."""

from chat.backplane.embedded.backplane import EmbeddedBackplane
from chat.backplane.embedded.blocklist_admin import EmbeddedBlocklistAdmin
from chat.backplane.embedded.site_admin import EmbeddedSiteAdmin

__all__ = ["EmbeddedBackplane", "EmbeddedBlocklistAdmin", "EmbeddedSiteAdmin"]
