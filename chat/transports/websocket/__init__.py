"""WebSocket (RFC 6455): the handshakes, the frames, and the transport's handler."""
