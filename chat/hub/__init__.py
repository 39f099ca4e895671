"""Fan-out: from a room to the readers that are attached to this instance."""
