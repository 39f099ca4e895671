"""Checks each request and command against the blocks that this instance knows of."""

from typing import Final

from chat.accounts import identity
from chat.accounts.blocklist import Block, Blocklist, Why, device_id, is_device_id
from chat.accounts.bots import KnownBots
from chat.clock import Clock
from chat.net.addresses import address_id, is_address_id

# A sign-out outlives cookies that instances sign before it reaches them.
_SLACK_S: Final = 86400.0
# Every instance keeps all blocks in memory, some 300 bytes each, for as long as a cookie lives.
MAX_BLOCKS: Final = 250_000
# Finding the blocks to lift takes 20 ms, so they are lifted in batches.
LIFT_BATCH: Final = 100


class AccessControl:
    """Keeps the blocks that the backplane sends; a check costs a few dict lookups."""

    def __init__(self, clock: Clock, secret: bytes) -> None:
        self._clock = clock
        self._secret = secret
        self.bots = KnownBots()
        self._blocklist = Blocklist()
        self._devices = 0  # how many blocks of devices have been stored since the start
        self._addresses = 0  # how many blocks of addresses have been stored since the start

    def apply(self, block: Block) -> None:
        """Put ``block`` in force; an expired one lifts an earlier one."""
        self._blocklist.put(block, now=self._clock.time())
        self._addresses += is_address_id(block.who)
        self._devices += is_device_id(block.who)

    def check(self, user: str, address: str | None = None, *, device: str = "") -> None:
        """Raise Refused: ``unauthorized`` where user or device has signed out, or ``banned``."""
        if (block := self._block(user, address, device)) is not None:
            raise block.refusal

    def is_shut_out(self, user: str, device: str) -> bool:
        """Return whether nobody may come in with a cookie of ``user`` for ``device``."""
        return self._block(user, None, device) is not None

    def _block(self, user: str, address: str | None, device: str) -> Block | None:
        now = self._clock.time()
        block = self._blocklist.of(user, now=now)
        if block is None and self._devices:
            block = self._blocklist.of(device_id(user, device), now=now)
        if block is None and address is not None and self._addresses:
            block = self._blocklist.of(self.id_of(address), now=now)
        return block

    def id_of(self, address: str) -> str:
        """Return the id of an IP address in a block's ``who``."""
        return address_id(self._secret, address)

    def is_over(self, block: Block) -> bool:
        return block.is_over(now=self._clock.time())

    def sign_out_block(self, user: str, address: str | None = None) -> Block:
        """Return the block that rejects every cookie of ``user`` until all of them have expired.

        ``user`` may also be one device of theirs, as ``device_id`` returns it.

        ``address`` is the IP address that signs out; None: an operator does it.
        """
        life_s = identity.MAX_AGE_DAYS * 86400
        until_s = self._clock.time() + life_s + _SLACK_S
        source = "" if address is None else self.id_of(address)
        return Block(who=user, why=Why.SIGNED_OUT, until_s=until_s, source=source)

    def blocks_to_lift(self) -> list[Block]:
        """Return the expired blocks to store before one more; none below MAX_BLOCKS.

        They lift the oldest sign-outs of the address that has the most: an attacker that fills
        the list loses their own first, and everybody can still sign out.
        """
        if len(self) < MAX_BLOCKS:
            return []
        return [
            Block(who=block.who, why=block.why, until_s=0.0)
            for block in self._blocklist.oldest_sign_outs(LIFT_BATCH)
        ]

    def address_block(self, block: Block, address: str) -> Block:
        """Return the block of ``address``, from which the blocked user ``block.who`` connected."""
        until_s = min(block.until_s, self._clock.time() + block.addresses_s)
        who = self.id_of(address)
        return Block(who=who, why=block.why, until_s=until_s, reason=block.reason, user=block.who)

    def bans(self) -> list[Block]:
        """Return the bans of users, without those of their addresses."""
        return [block for block in self._bans() if not is_address_id(block.who)]

    def bans_with(self, user: str) -> list[Block]:
        """Return the bans of the addresses that were banned together with ``user``."""
        return [block for block in self._bans() if block.user == user]

    def _bans(self) -> list[Block]:
        return self._blocklist.all(Why.BANNED, now=self._clock.time())

    def __len__(self) -> int:
        return len(self._blocklist)
