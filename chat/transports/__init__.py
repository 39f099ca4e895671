"""The carriers. They move bytes and decide nothing."""
