"""Shared by tests: real servers and plain clients."""
