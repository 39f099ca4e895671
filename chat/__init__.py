"""Parley: a chat server that gets through any network."""

__version__ = "0.7.1"
