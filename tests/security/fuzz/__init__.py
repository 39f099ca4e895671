"""Anything at all, sent to a real server: none of it is a fault of ours, and the next is answered.

``make test`` tries the same things each time; ``make fuzz SECONDS=600`` others, as long as it is
told to, and says with which SEED it had found what it found.
"""
