"""SockJS: the same pushes and commands for clients that speak that (protocol 0.3.3).

Its sessions, polls and streams are sockjs-tornado's; its WebSockets are ours. To the rest of
Parley all of them are one more transport: readers of logs, attached like any other.
"""
