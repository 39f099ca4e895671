"""What tests share: real servers and plain clients."""
