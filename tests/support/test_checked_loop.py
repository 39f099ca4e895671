"""The event loop of tests finds what asyncio's debug mode finds of threads."""

import asyncio
from unittest import IsolatedAsyncioTestCase


class CheckedLoopTest(IsolatedAsyncioTestCase):
    async def test_another_thread_has_to_call_threadsafe(self) -> None:
        loop = asyncio.get_running_loop()
        self.assertFalse(loop.get_debug())
        for call in (loop.call_soon, lambda work: loop.call_later(0, work)):
            with self.assertRaises(RuntimeError):
                await asyncio.to_thread(call, int)
        called = asyncio.Event()
        await asyncio.to_thread(loop.call_soon_threadsafe, called.set)
        await called.wait()
