"""A client's continuity over transports, pure: states and ids."""
