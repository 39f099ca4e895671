"""Whatever a client sends, it gets a plain refusal, and nobody else notices.

After each of these tests three other clients, one on each transport, get a good message, the
server says that it is well, and its log holds no traceback.
"""
