"""A turn that holds the loop up is named; a machine that lets nobody run is not blamed on it."""

import asyncio
import hashlib
import threading
from unittest import IsolatedAsyncioTestCase

import pytest

from chat.ops.watchdog import Watchdog, is_its_own_doing
from tests.unit.fakes import WAIT_S

LOGGER = "chat.ops.watchdog"


class TestWatchdog(IsolatedAsyncioTestCase):
    def setUp(self) -> None:
        self.watchdog = Watchdog(slow_s=0.05, ask_every_s=0.001)

    async def asyncSetUp(self) -> None:
        self.watchdog.start()
        self.addCleanup(self.watchdog.stop)

    def hold_the_loop_up(self) -> None:
        """Sleep in calls, as for a disk, until the watchdog has found it."""
        number, never = self.watchdog.stalls, threading.Event()
        for _ in range(100 * WAIT_S):
            if self.watchdog.stalls > number:
                return
            never.wait(0.01)
        self.fail("nobody has noticed")

    async def test_what_holds_the_loop_up_is_named_once_with_where_it_is(self) -> None:
        with self.assertLogs(LOGGER, "WARNING") as logged:
            self.hold_the_loop_up()
        (line,) = logged.output
        self.assertIn("hold_the_loop_up (tests/unit/ops/test_watchdog.py:", line)
        self.assertIn(" < test_what_holds_the_loop_up_is_named_once_with_where_it_is (", line)
        self.assertNotIn("run_forever", line)

    async def test_a_second_time_within_a_minute_is_counted_and_not_told(self) -> None:
        with self.assertLogs(LOGGER, "WARNING") as logged:
            for _ in range(3):
                self.hold_the_loop_up()
                await asyncio.sleep(0)
        self.assertEqual((self.watchdog.stalls, len(logged.output)), (3, 1))

    async def test_what_computes_without_letting_other_threads_run_is_found_too(self) -> None:
        with self.assertLogs(LOGGER, "WARNING") as logged:
            while not self.watchdog.stalls:
                for _ in range(3):
                    sum(range(10**7))  # holds the interpreter for longer than slow_s
                await asyncio.sleep(0)
        self.assertIn("test_what_computes", logged.output[0])

    async def test_a_loop_that_waits_for_work_is_not_held_up(self) -> None:
        done = threading.Event()

        def work() -> None:
            hashlib.pbkdf2_hmac("sha256", b"", b"", 500_000)  # a few times slow_s; lets others run
            done.set()

        threading.Thread(target=work).start()
        await asyncio.to_thread(done.wait)
        self.assertEqual(self.watchdog.stalls, 0)


@pytest.mark.parametrize(
    ("processor_s", "queued_s", "late_s", "its_own"),
    [
        (1.0, 0.0, 0.0, True),  # it computes
        (1.0, 0.0, 0.9, True),  # and lets no other thread run
        (0.0, 0.0, 0.0, True),  # it sleeps in a call
        (0.1, 0.8, 0.0, False),  # others have the processor
        (0.0, 0.0, 0.9, False),  # the process was stopped
        (0.49, 0.49, 0.49, True),
        (0.5, 0.5, 0.5, True),
        (0.49, 0.5, 0.0, False),
        (0.49, 0.0, 0.5, False),
    ],
)
def test_who_is_to_blame(processor_s: float, queued_s: float, late_s: float, its_own: bool) -> None:
    assert its_own is is_its_own_doing(
        held_s=1.0, processor_s=processor_s, queued_s=queued_s, late_s=late_s
    )
