"""Leases: of several instances or processes that could do a follower's work, one does it."""

import fcntl
import os
from pathlib import Path
from typing import Final, Protocol

from chat.backplane.base import Backplane
from chat.settings import private_files

# Whoever holds a lease renews it every RENEW_S, and stops in time if that fails. So another takes
# over at most LEASE_S + RENEW_S after the holder has died: within the 30 s that are promised.
LEASE_S: Final = 18.0
RENEW_S: Final = 5.0


class Lease(Protocol):
    """The right to do one follower's work."""

    async def hold(self) -> bool:
        """Take or renew the lease; return whether it is held now. May raise Unavailable."""

    async def release(self) -> None:
        """Let others have the lease. Repeatable. May raise Unavailable."""


class SharedLease(Lease):
    """A lease among all instances: for work that is done once in the whole deployment."""

    def __init__(
        self, backplane: Backplane, name: str, holder: str, *, lease_s: float = LEASE_S
    ) -> None:
        """``holder`` names this instance; no other may have the name."""
        self._backplane = backplane
        self._name = name
        self._holder = holder
        self._lease_s = lease_s

    async def hold(self) -> bool:
        return await self._backplane.leases.hold(self._name, self._holder, self._lease_s)

    async def release(self) -> None:
        await self._backplane.leases.release(self._name, self._holder)


class FolderLease(Lease):
    """A lease among the processes that share a folder: for work on a file in it.

    The system releases it as soon as its holder ends, however that comes.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    async def hold(self) -> bool:
        if self._descriptor is None:
            # Not in a thread: if this is cancelled meanwhile, nobody would have what it has locked.
            self._descriptor = self._lock()
        return self._descriptor is not None

    async def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _lock(self) -> int | None:
        private_files.make_folder(self._path.parent)
        private_files.ensure(self._path)
        descriptor = os.open(self._path, os.O_RDWR)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return descriptor
