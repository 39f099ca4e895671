"""Which people have an account: lines are written at once, and say what is known until then."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from math import inf
from typing import Final, Protocol

from chat.background import Tasks
from chat.errors import Unavailable
from chat.rooms.roles import ServerRole

# As many as nicks. A guest may sign up: whether they have is asked again after a while.
MOST: Final = 50_000
_AGAIN_S: Final = 60.0


class Roles(Protocol):
    def role_of(self, user: str) -> Awaitable[ServerRole]: ...


class KnownAccounts:
    """Remembers who has an account, and asks in the background about people who are new here."""

    def __init__(self, roles: Roles, tasks: Tasks, monotonic: Callable[[], float]) -> None:
        self._roles = roles
        self._tasks = tasks
        self._monotonic = monotonic
        # Until when what is known holds, by user: for ever of those who have an account.
        self._until: OrderedDict[str, float] = OrderedDict()

    def has(self, user: str) -> bool:
        """Return whether ``user`` has an account, as far as is known."""
        until = self._until.get(user, -inf)
        if self._monotonic() >= until:
            self.note(user, False)
            self._tasks.start(self._ask(user))
        return until == inf

    def note(self, user: str, has_account: bool) -> None:
        self._until[user] = inf if has_account else self._monotonic() + _AGAIN_S
        self._until.move_to_end(user)
        if len(self._until) > MOST:
            self._until.popitem(last=False)

    async def look_up(self, user: str) -> bool:
        """Return whether ``user`` has an account. Raises Unavailable."""
        has_account = await self._roles.role_of(user) is not ServerRole.GUEST
        self.note(user, has_account)
        return has_account

    async def _ask(self, user: str) -> None:
        try:
            await self.look_up(user)
        except Unavailable:  # it is asked again later
            pass
