"""Hashes passwords, in threads of their own: one takes as long as a thousand messages."""

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from chat.errors import InvalidInput, Unavailable
from chat.protocol.codes import Code

T = TypeVar("T")

MIN_CHARACTERS: Final = 8  # NIST SP 800-63B section 5.1.1.2
# Hashing time grows with the length, so a longer one is refused unseen.
MAX_BYTES: Final = 1024
# Each holds 64 MiB while it is hashed.
THREADS: Final = 2
# Some three seconds of work: whoever comes later has to come back.
MAX_WAITING: Final = 64
BUSY_RETRY_MS: Final = 2000


def prepared(password: str) -> bytes:
    """Return ``password`` as it is hashed: the same however a keyboard composes it.

    It is RFC 8265's OpaqueString (section 4.2), but for characters that this Python's Unicode does
    not know: they are left as they are, for a newer one knows them. Raises InvalidInput,
    ``too_long``, ``empty`` or ``bad_command``.
    """
    if len(password) > MAX_BYTES or len(password.encode(errors="replace")) > MAX_BYTES:
        raise InvalidInput(Code.TOO_LONG, f"A password has at most {MAX_BYTES} bytes.")
    if not password:
        raise InvalidInput(Code.EMPTY, "Give a password.")
    spaced = "".join(" " if unicodedata.category(c) == "Zs" else c for c in password)
    if any(unicodedata.category(c) in ("Cc", "Cs") for c in spaced):
        raise InvalidInput(Code.BAD_COMMAND, "A password has no control characters.")
    return unicodedata.normalize("NFC", spaced).encode()


def prepared_new(password: str) -> bytes:
    """Return a new password as ``prepared`` does; a short one is refused, too."""
    hashed = prepared(password)
    if len(password) < MIN_CHARACTERS:
        raise InvalidInput(
            Code.BAD_COMMAND, f"A password has at least {MIN_CHARACTERS} characters."
        )
    return hashed


class Passwords:
    """Hashes and verifies passwords with Argon2id (RFC 9106), between its making and ``stop``."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        # The second recommended option (RFC 9106 section 4): 64 MiB, three passes, four lanes. The
        # first takes 2 GiB, which no small server has.
        self._hasher = hasher or PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="passwords")
        self._waiting = 0
        self._nobodys: str | None = None

    async def hash(self, prepared: bytes) -> str:
        """Return the hash of a password that ``prepared_new`` returned. Raises Unavailable."""
        return await self._run(lambda: self._hasher.hash(prepared))

    async def verify(self, hash: str, prepared: bytes) -> bool:
        """Return whether ``hash`` is of this password; "" is nobody's, and takes as long.

        Raises Unavailable if too many are waiting.
        """

        def work() -> bool:
            nobodys = self._hash_of_nobody()  # always first: the first call takes longer for all
            return self._is_of(hash or nobodys, prepared)

        return await self._run(work)

    def needs_rehash(self, hash: str) -> bool:
        """Return whether ``hash`` was made with other parameters than those of today."""
        return self._hasher.check_needs_rehash(hash)

    def stop(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= MAX_WAITING:
            raise Unavailable(
                Code.UNAVAILABLE, "Too many are signing in; try again.", retry_ms=BUSY_RETRY_MS
            )
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1

    def _is_of(self, hash: str, prepared: bytes) -> bool:
        try:
            return self._hasher.verify(hash, prepared)
        except (VerificationError, InvalidHashError):
            return False

    def _hash_of_nobody(self) -> str:
        """Return a hash that no password has, made once: an unknown name takes as long."""
        if self._nobodys is None:
            self._nobodys = self._hasher.hash(b"\xff nobody's: no password has this byte")
        return self._nobodys
