"""The transports. They move bytes and decide nothing."""
