"""What another chat has exported becomes rooms here: ``python app.py admin import``.

A source (``slack``, ``irc_logs``) reads an export; ``plan`` names its people and rooms and finds
what is in the way; ``records`` makes the entries of a room; ``run`` stores all of it.
"""
