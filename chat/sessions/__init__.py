"""Sessions, a client's continuity across transports: states, ids and grace periods. Pure."""
