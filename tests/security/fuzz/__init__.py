"""Fuzzes a real server: no input makes it fail, and the next request is answered.

``make test`` tries the same inputs each time; ``make fuzz SECONDS=600`` tries others for that long
and prints the SEED of a failure.
"""
