"""Measures how long Parley and its peers take to connect through hostile networks."""
