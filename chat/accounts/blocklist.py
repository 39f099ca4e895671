"""Who is kept out: those who have signed out, and those who are banned. Pure."""

from collections import Counter
from datetime import UTC, datetime
from enum import StrEnum
from itertools import islice
from typing import Final

import msgspec

from chat.errors import Refused
from chat.protocol import codes
from chat.protocol.codes import Code, Disconnect


class Why(StrEnum):
    """Why somebody is kept out; the first that holds is told."""

    SIGNED_OUT = "signed_out"  # whoever has this identity now may have stolen it
    BANNED = "banned"


class Block(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Keeps ``who`` out until ``until_s``, in seconds since 1970.

    ``who`` is a user, or an address as chat.net.addresses.address_id has it. A block that is
    over takes the place of an earlier one of the same ``who`` and ``why``, and so lifts it.
    """

    who: str
    why: Why
    until_s: float
    reason: str = ""  # in words, told to who is kept out
    user: str = ""  # of an address: who came from there
    source: str = ""  # of a sign-out: the address that it came from
    # Of a user: for so long the addresses from which they are attached now are kept out, too.
    addresses_s: float = 0.0

    def is_over(self, *, now: float) -> bool:
        return self.until_s <= now

    @property
    def disconnect(self) -> Disconnect:
        """What open transports are told."""
        return codes.SIGNED_OUT if self.why is Why.SIGNED_OUT else codes.BANNED

    @property
    def refusal(self) -> Refused:
        """What is answered to whatever is asked."""
        if self.why is Why.SIGNED_OUT:
            return Refused(Code.UNAUTHORIZED, "You have signed out. Come back as a new guest.")
        until = datetime.fromtimestamp(self.until_s, UTC).strftime("%Y-%m-%d %H:%M UTC")
        reason = f": {self.reason}" if self.reason else ""
        return Refused(Code.BANNED, f"You are banned until {until}{reason}.")


_decoder: Final = msgspec.json.Decoder(Block)


def decode(encoded: bytes) -> Block | None:
    """Return a stored block; None where a newer version has one of another kind."""
    try:
        return _decoder.decode(encoded)
    except msgspec.ValidationError:
        return None


# Looking for those that are over is paid for by this many new ones.
SWEEP_AT: Final = 1000


class Blocklist:
    """The blocks that hold; asking takes two or three looks into a dict."""

    def __init__(self) -> None:
        self._by_why: dict[Why, dict[str, Block]] = {why: {} for why in Why}  # the oldest first
        self._sources: Counter[str] = Counter()  # how many sign-outs came from each
        self._sweep_at = SWEEP_AT

    def put(self, block: Block, *, now: float) -> None:
        """Take ``block``, the newest of its ``who`` and ``why``."""
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
        """Return what keeps ``who`` out, if anything does."""
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

    def most_crowded(self, count: int) -> list[Block]:
        """Return the ``count`` oldest sign-outs of the address that has the most of them."""
        if not self._sources:
            return []
        ((source, _),) = self._sources.most_common(1)
        blocks = self._by_why[Why.SIGNED_OUT].values()
        return list(islice((block for block in blocks if block.source == source), count))

    def all(self, why: Why, *, now: float) -> list[Block]:
        """Return those that hold for this reason, the first to end first."""
        blocks = [block for block in self._by_why[why].values() if not block.is_over(now=now)]
        return sorted(blocks, key=lambda block: (block.until_s, block.who))

    def __len__(self) -> int:
        return sum(map(len, self._by_why.values()))
