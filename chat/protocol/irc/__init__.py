"""The lines of IRC (RFC 1459, RFC 2812, IRCv3): bytes in, messages out, and back. Pure."""
