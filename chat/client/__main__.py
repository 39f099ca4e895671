"""``parley-chat URL ROOM``, or ``python -m chat.client``: a chat in a terminal."""

import argparse
import asyncio
import contextlib
import os
import signal
import sys
from typing import Final

from chat.client import ChatError, policy
from chat.client.terminal import chat

COMMAND: Final = "parley-chat"  # as deploy/client/pyproject.toml installs it
DEFAULT_URL: Final = "http://localhost:8000"


def _arguments() -> argparse.Namespace:
    is_installed = os.path.basename(sys.argv[0]).startswith(COMMAND)
    parser = argparse.ArgumentParser(
        prog=COMMAND if is_installed else "python -m chat.client",
        description="Chat in a terminal. Lines of stdin, which may be a pipe, are sent to ROOM; "
        "messages of others go to stdout, and what happens to the connection goes to stderr. "
        "It gets through any network that lets web pages pass, says over which transport and "
        "why over no better one, and comes back for ever. Ctrl-D ends it when all is sent, Ctrl-C "
        "at once.",
        epilog="Exit codes: 0 when stdin has ended and all is sent, or at Ctrl-C; 1 when the "
        "server refused; 2 for a wrong argument.",
    )
    parser.add_argument(
        "place",
        metavar="URL",
        nargs="?",
        help=f"where Parley is, http:// or https:// (default: {DEFAULT_URL})",
    )
    parser.add_argument("room", metavar="ROOM", help="the room to join; made if there is none")
    parser.add_argument("--url", default=DEFAULT_URL, help="the same, as an option")
    parser.add_argument("--name", help="what others see (default: what the server calls a guest)")
    parser.add_argument(
        "--transport",
        action="append",
        choices=policy.TRANSPORTS,
        help="try only this one; may be given several times (default: all, the best that works)",
    )
    parser.add_argument(
        "--proxy",
        metavar="URL",
        help="the forward proxy to go by, http://HOST:PORT; empty: none (default: what http_proxy, "
        "https_proxy, all_proxy and no_proxy say, which is also the place for a proxy's password: "
        "others on this machine can read arguments)",
    )
    return parser.parse_args()


async def _main(arguments: argparse.Namespace) -> int:
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        try:
            await chat(
                arguments.place or arguments.url,
                arguments.room,
                name=arguments.name,
                transports=arguments.transport or policy.TRANSPORTS,
                proxy=arguments.proxy,
            )
        except ChatError as error:
            print(f"* {error.message}", file=sys.stderr)
            return 1
        except ValueError as error:
            print(f"* {error}", file=sys.stderr)
            return 2
    return 0


def main() -> None:
    code = 1
    try:
        code = asyncio.run(_main(_arguments()))
        sys.stdout.flush()
    except BrokenPipeError:  # the reader of stdout has gone, which is a normal end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.exit(code)


if __name__ == "__main__":
    main()
