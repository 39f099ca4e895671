"""Whatever a client sends, it gets a plain refusal, and nobody else notices.

docs/bad-input.md numbers what clients may get wrong; the test of row 12 is called test_row_12_….
After each of them three other clients, one on each transport, get a good message, the server says
that it is well, and its log holds no traceback.
"""
