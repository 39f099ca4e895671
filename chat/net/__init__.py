"""Sockets: who may connect, how they are accepted, what they are set to."""
