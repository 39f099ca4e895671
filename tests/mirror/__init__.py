"""The mirror while everything that it depends on ends at any moment."""
