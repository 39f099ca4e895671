"""Parley's way in: environment -> settings -> server; SIGTERM, SIGINT or SIGHUP -> stop."""

import asyncio
import gc
import logging
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress

from chat import __version__
from chat.accounts.secret import load_secret
from chat.admin import main as admin
from chat.application import Server
from chat.errors import SettingsError
from chat.net import open_files
from chat.net.scoreboard import Board, Share
from chat.ops import logs, workers
from chat.ops.drain import leave_within
from chat.ops.instance_report import new_instance
from chat.ops.worker_metrics import WorkerMetrics
from chat.settings.settings import Settings

log = logging.getLogger("parley")

# Python looks for garbage in cycles after each so many new objects; 700 by default. A connection
# is some dozens of objects that stay, and going over them again and again took a quarter of the
# time of connecting. Cycles are rare here, so that garbage can wait for some megabytes more.
GC_THRESHOLD = 50_000
# A terminal that is closed sends SIGHUP, unless it was told to let us run on (nohup).
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
# There is nobody to say goodbye to, and nothing to store.
START_STOPS_WITHIN_S = 2.0


async def serve(settings: Settings, instance: str) -> None:
    """Serve until told to stop."""
    stopping = asyncio.Event()
    on_signal(stopping.set)
    if not workers.is_worker():
        return await serve_with(Server(settings, instance=instance), settings, stopping)
    workers.on_parent_gone(stopping.set)
    folder, number = workers.place()
    board = Board(folder)
    beating = asyncio.create_task(workers.beat_for_ever(board, number))
    worker_metrics, share = WorkerMetrics(folder, str(number)), Share(board, number)
    server = Server(settings, instance=instance, worker_metrics=worker_metrics, share=share)
    await serve_with(server, settings, stopping)
    beating.cancel()


async def serve_with(server: Server, settings: Settings, stopping: asyncio.Event) -> None:
    """Start ``server``, and stop it when ``stopping`` is set."""
    log.info("Parley %s stores in %s", __version__, store(settings))
    if not await is_started(server, stopping):
        return
    server.watchdog.start()
    await stopping.wait()
    log.info("Stopping, within %g s", settings.drain_s)
    leave_within(settings.drain_s)
    server.watchdog.stop()
    await server.stop()
    log.info("Stopped")


def store(settings: Settings) -> str:
    """Return where messages are kept, without a password."""
    if settings.redis_url is None:
        return str(settings.data_dir.resolve() / "parley.sqlite3")
    return str(settings.redis_url)


def on_signal(stop: Callable[[], object]) -> None:
    """Have ``stop`` called by the first signal to stop; those after it change nothing.

    Platforms send either of the two, and repeat them: to the process, and to all of its group. To
    hurry because of the second would be to hurry always; who can't wait sends SIGKILL.
    """
    loop = asyncio.get_running_loop()
    is_told = False

    def tell(*_: object) -> None:
        nonlocal is_told
        if not is_told:
            is_told = True
            with suppress(RuntimeError):  # the loop is closed: we have ended already
                loop.call_soon_threadsafe(stop)

    for number in SIGNALS:  # not the loop's own: those go with the loop, before the process does
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, tell)


async def is_started(server: Server, stopping: asyncio.Event) -> bool:
    """Start ``server``; return False where we are told to stop before that is done."""
    starting = asyncio.create_task(server.start())
    told = asyncio.create_task(stopping.wait())
    await asyncio.wait((starting, told), return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    if starting.done():
        log.info("Parley is on http://localhost:%d%s", starting.result(), server.base_path)
        return True
    log.info("Stopping, before it has started")
    leave_within(START_STOPS_WITHIN_S)
    starting.cancel()
    with suppress(asyncio.CancelledError, SettingsError):  # that it could not start is no matter
        await starting
    return False


async def serve_by_many(settings: Settings) -> int:
    """Have several processes serve, until told to stop; return their exit code."""
    load_secret(settings.secret, settings.data_dir)  # made here, it is the same for all of them
    many = workers.Workers(settings, sys.argv)
    on_signal(many.stop)
    log.info("%d workers serve port %d", settings.web_concurrency, many.port)
    return await many.run()


def main() -> int:
    if sys.argv[1:2] == ["admin"]:
        return admin.main(sys.argv[2:], os.environ)
    gc.freeze()  # what is imported stays
    gc.set_threshold(GC_THRESHOLD)
    instance = new_instance()
    try:
        settings = Settings.read(os.environ, sys.argv[1:])
        logs.configure(settings.log_format, settings.log_level, instance=instance)
        open_files.raise_limit()
        if settings.web_concurrency > 1 and not workers.is_worker():
            if settings.redis_url is not None:
                return ended(asyncio.run(serve_by_many(settings)))
            log.warning(
                "WEB_CONCURRENCY=%d, but one process serves: several meet in Redis, and REDIS_URL "
                "is not set",
                settings.web_concurrency,
            )
        asyncio.run(serve(settings, instance))
    except SettingsError as error:
        print(f"Parley can't start. {error}", file=sys.stderr)
        return 2
    return ended(0)


def ended(code: int) -> int:
    """Return ``code``. While Python takes itself down, a signal would end it with another."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    return code


if __name__ == "__main__":
    sys.exit(main())
