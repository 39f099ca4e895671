"""The search index: a follower that keeps the words of all messages in SQLite, beside the data."""
