"""SockJS: the same pushes and commands for clients of this protocol (version 0.3.3).

sockjs-tornado implements its sessions, polls and streams; we implement its WebSockets. To the rest
of Parley all of them are one more transport, whose readers attach like any others.
"""
