"""HTTP/1.1 (RFC 9112): requests come in by llhttp, and Tornado's application answers them.

Tornado's own server reads heads and keeps what it reads at a cost that is more than all of what
Parley does for a poll; and it is lenient where request smuggling begins. So connections are ours,
down to the interface that Tornado documents for such: tornado.httputil.
"""
