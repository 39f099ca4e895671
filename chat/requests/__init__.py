"""Shared by all HTTP requests: the caller's identity, limits, errors, security headers."""
