"""Measures speed: one load generator drives Parley and its peers in turn, in one run."""
