"""Runs app.py with a watchdog that counts each turn of the event loop over the target."""

import functools
import sys

import app
from chat import application
from chat.ops.watchdog import Watchdog

HELD_S = 0.05
ASK_EVERY_S = 0.005

if __name__ == "__main__":
    application.Watchdog = functools.partial(  # type: ignore[misc, assignment]
        Watchdog, slow_s=HELD_S, ask_every_s=ASK_EVERY_S
    )
    sys.exit(app.main())
