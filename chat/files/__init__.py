"""Where the files of messages are kept: on this machine's disk, or in an object store."""
