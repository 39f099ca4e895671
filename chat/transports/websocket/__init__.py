"""WebSocket (RFC 6455): its handshakes, its frames, and the commands that come by them."""
