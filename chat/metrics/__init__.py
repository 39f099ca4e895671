"""Counts for /metrics, and how long things take."""
