"""The transports: each attaches, yields what is pushed, and takes commands. They decide nothing."""
