"""The block list: users who have signed out, and users and addresses that are banned. Pure."""

from collections import Counter
from datetime import UTC, datetime
from enum import StrEnum
from itertools import islice
from typing import Final

import msgspec

from chat.errors import Refused
from chat.protocol import codes
from chat.protocol.codes import Code, Disconnect

MAX_REASON_CHARACTERS: Final = 200  # of the reason, which the banned user is told in one line


def device_id(user: str, device: str) -> str:
    """Return the id of a user's device in a block's ``who``.

    The device "" stands for all cookies of the user from before they had devices.
    """
    return f"{user}/{device}"


def is_device_id(who: str) -> bool:
    return "/" in who  # no user's id and no address's has one


class Why(StrEnum):
    """The reason of a block; where several hold, clients get the first in this order."""

    SIGNED_OUT = "signed_out"  # whoever has this identity now may have stolen it
    BANNED = "banned"


class Block(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Blocks ``who`` until ``until_s``, in seconds since 1970.

    ``who`` is a user, one of their devices as ``device_id`` returns it, or an address as
    chat.net.addresses.address_id returns it. A block replaces an earlier one of the same ``who``
    and ``why``. Store an expired block to lift one.
    """

    who: str
    why: Why
    until_s: float
    reason: str = ""  # free text, shown to the blocked user
    user: str = ""  # of an address: the user that connected from it
    source: str = ""  # of a sign-out: the address that it came from
    # Of a user: how long to block the addresses from which the user is attached now, too.
    addresses_s: float = 0.0

    def is_over(self, *, now: float) -> bool:
        return self.until_s <= now

    @property
    def until(self) -> str:
        return datetime.fromtimestamp(self.until_s, UTC).strftime("%Y-%m-%d %H:%M UTC")

    @property
    def disconnect(self) -> Disconnect:
        return codes.SIGNED_OUT if self.why is Why.SIGNED_OUT else codes.BANNED

    @property
    def refusal(self) -> Refused:
        """The error that every request and command of the blocked user gets."""
        if self.why is Why.SIGNED_OUT and is_device_id(self.who):
            return Refused(Code.UNAUTHORIZED, "You have been signed out here. Sign in again.")
        if self.why is Why.SIGNED_OUT:
            return Refused(Code.UNAUTHORIZED, "You have signed out. Come back as a new guest.")
        reason = f": {self.reason}" if self.reason else ""
        return Refused(Code.BANNED, f"You are banned until {self.until}{reason}.")


_decoder: Final = msgspec.json.Decoder(Block)


def decode(encoded: bytes) -> Block | None:
    """Return a stored block; None if it is of a kind that only a newer version knows."""
    try:
        return _decoder.decode(encoded)
    except msgspec.ValidationError:
        return None


# Expired blocks are removed once the list has doubled, never below this size: sweeps cost little.
SWEEP_AT: Final = 1000


class Blocklist:
    """The blocks in force; a lookup takes two or three dict accesses."""

    def __init__(self) -> None:
        self._by_why: dict[Why, dict[str, Block]] = {why: {} for why in Why}  # the oldest first
        self._sources: Counter[str] = Counter()  # how many sign-outs came from each
        self._sweep_at = SWEEP_AT

    def put(self, block: Block, *, now: float) -> None:
        """Store ``block`` in place of an earlier one of its ``who`` and ``why``."""
        blocks = self._by_why[block.why]
        if (old := blocks.get(block.who)) is not None:
            self._remove(old)
        if block.is_over(now=now):
            return
        blocks[block.who] = block
        if block.why is Why.SIGNED_OUT:
            self._sources[block.source] += 1
        if len(self) >= self._sweep_at:
            for of_why in self._by_why.values():
                for old in [old for old in of_why.values() if old.is_over(now=now)]:
                    self._remove(old)
            self._sweep_at = max(SWEEP_AT, 2 * len(self))

    def of(self, who: str, *, now: float) -> Block | None:
        """Return the block of ``who`` that is in force, if there is one."""
        for blocks in self._by_why.values():
            block = blocks.get(who)
            if block is not None and not block.is_over(now=now):
                return block
        return None

    def _remove(self, block: Block) -> None:
        del self._by_why[block.why][block.who]
        if block.why is Why.SIGNED_OUT:
            self._sources[block.source] -= 1
            if not self._sources[block.source]:
                del self._sources[block.source]

    def oldest_sign_outs(self, count: int) -> list[Block]:
        """Return the ``count`` oldest sign-outs of the address that has the most of them."""
        if not self._sources:
            return []
        ((source, _),) = self._sources.most_common(1)
        blocks = self._by_why[Why.SIGNED_OUT].values()
        return list(islice((block for block in blocks if block.source == source), count))

    def all(self, why: Why, *, now: float) -> list[Block]:
        """Return the blocks in force for this reason, the first to expire first."""
        blocks = [block for block in self._by_why[why].values() if not block.is_over(now=now)]
        return sorted(blocks, key=lambda block: (block.until_s, block.who))

    def __len__(self) -> int:
        return sum(map(len, self._by_why.values()))
