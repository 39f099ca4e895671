"""Estimates Parley's capacity beyond the measured machine: a fitted and simulated model."""
