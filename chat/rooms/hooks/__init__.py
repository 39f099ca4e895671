"""Turns what other services post to a webhook into the text of a message. Pure."""
