"""The bots of this site, known without a lookup: each request with a token asks."""

import secrets
from collections.abc import Mapping
from typing import Final

from chat.accounts.codes import hash_of, new_code
from chat.accounts.records import Bot
from chat.protocol.pushes import Person
from chat.rooms.grants import Grant, Scope
from chat.rooms.permissions import not_granted

# So that people, and programs that look for leaked secrets, see what it is.
_TOKEN: Final = "parley_"
# Some 300 bytes each, in the memory of every instance.
MAX_BOTS: Final = 200


def new_token() -> str:
    return f"{_TOKEN}{new_code()}"


def new_bot_id() -> str:
    return f"bot-{secrets.token_hex(8)}"


def grant_of(bot: Bot) -> Grant:
    # Scopes that only a newer version knows grant nothing here.
    scopes = frozenset(Scope(scope) for scope in bot.scopes if scope in set(Scope))
    return Grant(scopes, None if bot.rooms is None else frozenset(bot.rooms))


class KnownBots:
    """Who bears which token, and what it allows."""

    def __init__(self) -> None:
        self._by_hash: Mapping[str, Person] = {}
        self._grants: Mapping[str, Grant] = {}

    def replace(self, bots: Mapping[str, Bot]) -> None:
        """Know ``bots``, by user, and no others."""
        self._by_hash = {
            bot.token: Person(user=user, name=bot.name, device=bot.device)
            for user, bot in bots.items()
            if bot.token
        }
        # What a bot that has gone still has open is about to be closed, and may do nothing.
        gone = dict.fromkeys(self._grants, Grant(frozenset()))
        self._grants = gone | {user: grant_of(bot) for user, bot in bots.items()}

    def person_of(self, token: str) -> Person | None:
        """Return the bot with this token, or None."""
        # The hash is looked up, so the time that this takes tells nothing of tokens.
        return self._by_hash.get(hash_of(token) or "") if token.startswith(_TOKEN) else None

    def grant(self, user: str) -> Grant | None:
        """Return what the bot ``user`` may do; None for everybody who never was one of these."""
        return self._grants.get(user)

    def check(self, user: str, scope: Scope, room: str | None = None) -> None:
        """Raise Refused if ``user`` is a bot whose token does not do for this."""
        grant = self.grant(user)
        if grant is not None and (withheld := not_granted(grant, scope, room)) is not None:
            raise withheld

    def may_read(self, user: str, room: str) -> bool:
        """Return whether no token keeps ``user`` from reading ``room``."""
        grant = self.grant(user)
        return grant is None or not_granted(grant, Scope.READ, room) is None
