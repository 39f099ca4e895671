"""Webhooks: tells other programs of what happens in rooms."""
