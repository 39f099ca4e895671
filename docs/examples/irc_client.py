"""A client in 25 lines: says what you type in a room, and shows what others say there."""

import socket
import sys
import threading

host, port, nick, room = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
connection = socket.create_connection((host, port))
lines = connection.makefile(encoding="utf-8")


def send(line: str) -> None:
    connection.sendall(f"{line}\r\n".encode())


def show() -> None:
    for line in lines:
        source, command, *rest = line.rstrip("\r\n").split(" ", 3)
        if source == "PING":
            send(f"PONG {command}")
        elif command == "PRIVMSG":
            print(f"{source[1:].partition('!')[0]}: {rest[-1].removeprefix(':')}", flush=True)


send(f"NICK {nick}\r\nUSER {nick} 0 * :{nick}\r\nJOIN #{room}")
threading.Thread(target=show, daemon=True).start()
for typed in sys.stdin:
    send(f"PRIVMSG #{room} :{typed.rstrip()}")
