"""HTTP/1.1 (RFC 9112): parses requests, and has Tornado's application answer them.

Tornado's own server spends more on reading and keeping a head than Parley spends on all of a poll,
and it is lenient in ways that allow request smuggling. So this package implements connections
itself, and calls Tornado by the interface documented for that: tornado.httputil.
"""
