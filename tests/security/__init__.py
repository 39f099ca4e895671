"""A client that sends bad input gets a plain refusal, and no other client is affected.

docs/bad-input.md numbers the kinds of bad input; the test of row 12 is called test_row_12_….
After each test three other clients, one on each transport, get a good message, the server's health
check succeeds, and its log has no traceback.
"""
