"""Identity, blocks and rate limits of users."""
