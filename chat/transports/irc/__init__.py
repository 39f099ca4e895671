"""IRC: the same rooms for clients of this protocol (RFC 1459, RFC 2812, IRCv3)."""
