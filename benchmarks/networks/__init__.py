"""How long it takes to get through hostile networks, beside others that try to."""
