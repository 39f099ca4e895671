"""What each way of reading costs a client and the server, while nothing is said and while it is."""
