"""Counts and durations for /metrics."""
