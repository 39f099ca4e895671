"""Parley: a chat server that gets through any network."""

__version__ = "0.8.2"
