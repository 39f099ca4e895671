"""The backplane of one process: SQLite below, no server needed."""

from chat.backplane.embedded.backplane import EmbeddedBackplane

__all__ = ["EmbeddedBackplane"]
