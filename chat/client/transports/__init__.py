"""The transports: each attaches, yields pushes and sends commands. They decide nothing."""
