"""Attaching: how any transport begins to read, goes on from a cursor, and stops.

One way for all of them: hold the live pushes back, read the log behind the cursor, let the
live pushes through without those that were read. Fallback, upgrade, reconnect and a hop from
another instance are all this.
"""
