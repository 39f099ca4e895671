"""Local fan-out: from a room to the readers attached to this instance."""
