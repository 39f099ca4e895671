"""Parley's way in: environment -> settings -> server; SIGTERM or SIGINT -> stop."""

import asyncio
import gc
import logging
import os
import signal
import sys

from chat import open_files
from chat.application import Server
from chat.errors import SettingsError
from chat.settings import Settings

log = logging.getLogger("parley")

# Python looks for garbage in cycles after each so many new objects; 700 by default. A connection
# is some dozens of objects that stay, and going over them again and again took a quarter of the
# time of connecting. Cycles are rare here, so that garbage can wait for some megabytes more.
GC_THRESHOLD = 50_000


async def serve(settings: Settings) -> None:
    """Serve until told to stop."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):  # platforms send either, and repeat them
        loop.add_signal_handler(number, stopping.set)
    server = Server(settings)
    port = await server.start()
    log.info("Parley is on http://localhost:%d", port)
    await stopping.wait()
    log.info("Stopping")
    await server.stop()


def main() -> int:
    gc.freeze()  # what is imported stays
    gc.set_threshold(GC_THRESHOLD)
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    open_files.raise_limit()
    try:
        asyncio.run(serve(Settings.from_env(os.environ)))
    except SettingsError as error:
        print(f"Parley can't start. {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
