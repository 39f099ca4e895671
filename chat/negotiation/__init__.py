"""Choosing a transport. Pure."""
