"""The state that instances share: logs, the live feed, presence and memberships."""
