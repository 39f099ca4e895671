"""The environment, read once, and the files that only this server may read."""
