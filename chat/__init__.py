"""Parley: a chat server that gets through any network."""
