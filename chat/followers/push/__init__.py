"""Notifies people's devices by Web Push (RFC 8030)."""
