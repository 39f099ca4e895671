"""What instances share: logs, the live feed, presence, memberships."""
