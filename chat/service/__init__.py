"""Commands of users; the only writer of logs."""
