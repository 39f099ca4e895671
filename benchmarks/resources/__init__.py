"""Measures what each way of reading costs a client and the server, idle and under load."""
