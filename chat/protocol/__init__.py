"""The wire protocol: decodes bytes into values, and encodes values. No I/O, no clock, no policy."""
