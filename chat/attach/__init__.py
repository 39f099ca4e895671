"""Attaching: how a transport begins to read, goes on from a cursor, and stops.

All transports do it in the same way: buffer the live pushes, read the log after the cursor, then
send the buffered pushes except those that were read from the log. Fallback, upgrade, reconnect
and a move from another instance all work like this.
"""
