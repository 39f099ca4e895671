"""Sockets: which clients may connect, how connections are accepted, and socket options."""
