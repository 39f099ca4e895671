"""Whether somebody may be here, as this instance knows: asked of each request and command."""

from typing import Final

from chat.accounts import identity
from chat.accounts.blocklist import Block, Blocklist, Why
from chat.clock import Clock
from chat.net.addresses import address_id

# A cookie that was signed by an instance that had not heard yet is younger than the sign-out.
_SLACK_S: Final = 86400.0
# All instances hold them in memory, some 300 bytes each, for as long as a cookie would live.
MAX_BARS: Final = 250_000
# To look for those that are to go takes 20 ms, so that more than one goes at a time.
LIFTED: Final = 100


class AccessControl:
    """Hears of blocks from the backplane; a check costs some looks into a dict."""

    def __init__(self, clock: Clock, secret: bytes) -> None:
        self._clock = clock
        self._secret = secret
        self._blocklist = Blocklist()
        self._addresses = 0  # how many addresses have been kept out since the start

    def take(self, block: Block) -> None:
        """``block`` holds from now on, or is lifted."""
        self._blocklist.put(block, now=self._clock.time())
        self._addresses += is_address(block.who)

    def check(self, user: str, address: str | None = None) -> None:
        """Return if ``user``, who comes from this IP address, may be here.

        Raises Refused: ``unauthorized`` who has signed out, ``banned``.
        """
        if (block := self._block(user, address)) is not None:
            raise block.refusal

    def _block(self, user: str, address: str | None) -> Block | None:
        now = self._clock.time()
        block = self._blocklist.of(user, now=now)
        if block is None and address is not None and self._addresses:
            block = self._blocklist.of(self.id_of(address), now=now)
        return block

    def id_of(self, address: str) -> str:
        """Return what a block calls an IP address."""
        return address_id(self._secret, address)

    def is_over(self, block: Block) -> bool:
        return block.is_over(now=self._clock.time())

    def signing_out(self, user: str, address: str | None = None) -> Block:
        """Return what keeps everybody out who has an identity of ``user``, for as long as any.

        ``address`` is where they sign out; None: an operator does it.
        """
        life_s = identity.MAX_AGE_DAYS * 86400
        until_s = self._clock.time() + life_s + _SLACK_S
        source = "" if address is None else self.id_of(address)
        return Block(who=user, why=Why.SIGNED_OUT, until_s=until_s, source=source)

    def to_lift(self) -> list[Block]:
        """Return what to store before one more block, where there are as many as there may be.

        It lifts the oldest sign-outs of the address that has the most: whoever fills this up loses
        their own first, and nobody is kept from signing out.
        """
        if len(self) < MAX_BARS:
            return []
        return [
            Block(who=block.who, why=block.why, until_s=0.0)
            for block in self._blocklist.most_crowded(LIFTED)
        ]

    def of_address(self, block: Block, address: str) -> Block:
        """Return what keeps the address out from which ``block.who`` came."""
        until_s = min(block.until_s, self._clock.time() + block.addresses_s)
        who = self.id_of(address)
        return Block(who=who, why=block.why, until_s=until_s, reason=block.reason, user=block.who)

    def banned(self) -> list[Block]:
        """Return the users who are banned; their addresses are not among them."""
        blocks = self._blocklist.all(Why.BANNED, now=self._clock.time())
        return [block for block in blocks if not is_address(block.who)]

    def __len__(self) -> int:
        return len(self._blocklist)


def is_address(who: str) -> bool:
    """Return whether ``who`` is an address in a block, not a user."""
    return who.startswith("address:")
