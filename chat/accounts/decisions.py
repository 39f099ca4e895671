"""The rules for accounts: who may sign up, who stays an owner, which links are valid. Pure."""

from collections.abc import Sequence
from typing import Final

from chat.accounts.codes import hash_of
from chat.accounts.records import Account, Invite, Link, Owners, changed
from chat.errors import InvalidInput, Refused
from chat.protocol.codes import Code
from chat.rooms.roles import ServerRole

# A link for one more device is used at once, by somebody who holds both in their hands.
LINK_S: Final = 300
# One for another password is sent to somebody, who reads it the next day.
RESET_S: Final = 86400
INVITE_DAYS: Final = 7
MAX_INVITE_DAYS: Final = 365
MAX_INVITE_USES: Final = 1000
# More are browsers that nobody has any more.
MAX_DEVICES: Final = 50
# Each takes some 200 bytes; those that have run out go when one is made.
MAX_INVITES: Final = 1000


def invalid_link() -> Refused:
    """Return the one error for all links that can't be used, so that none tells of another."""
    return Refused(Code.FORBIDDEN, "This link is not valid, or not any more. Ask for a new one.")


def hash_of_link(code: str) -> str:
    """Return the hash of the code in a link. Raises Refused where it can't be one of ours."""
    found = hash_of(code)
    if found is None:
        raise invalid_link()
    return found


def wrong_password() -> Refused:
    """Return the one error for an unknown name and a wrong password."""
    return Refused(Code.UNAUTHORIZED, "There is nobody with this name and this password.")


def name_taken(name: str) -> Refused:
    return Refused(Code.NAME_TAKEN, f"A member is called {name}, or something that looks like it.")


def check_sign_up(sign_up: str, invite: Invite | None) -> None:
    """Raise Refused ``forbidden`` where somebody with this invite, or none, can't sign up."""
    if sign_up == "closed":
        raise Refused(Code.FORBIDDEN, "Nobody can sign up here.")
    if sign_up == "invite" and invite is None:
        raise Refused(Code.FORBIDDEN, "You need an invitation to sign up here.")


def used(invite: Invite | None, *, now_s: float) -> Invite | None:
    """Return what is left of ``invite`` after its use, None if nothing. Raises Refused."""
    if invite is None or invite.until_s <= now_s or invite.uses < 1:
        raise invalid_link()
    return changed(invite, uses=invite.uses - 1) if invite.uses > 1 else None


def check_link(link: Link | None, *, now_s: float) -> Link:
    if link is None or link.until_s <= now_s:
        raise invalid_link()
    return link


def check_can_sign_in(account: Account) -> None:
    """Raise Refused ``banned`` for an account that an owner has disabled."""
    if account.disabled is not None:
        reason = f": {account.disabled}" if account.disabled else ""
        raise Refused(Code.BANNED, f"Your account is disabled{reason}.")


def check_is_owner(account: Account | None) -> None:
    if account is None or account.role is not ServerRole.OWNER or account.disabled is not None:
        raise Refused(Code.FORBIDDEN, "Only the owners of this site may do that.")


def with_role(owners: Owners, user: str, role: ServerRole) -> Owners:
    """Return the owners once ``user`` has ``role``. Raises Refused where none would be left."""
    if role not in (ServerRole.OWNER, ServerRole.MEMBER):
        raise InvalidInput(Code.BAD_COMMAND, "A person is made an owner or a member.")
    others = [owner for owner in owners.users if owner != user]
    if role is ServerRole.OWNER:
        return Owners(users=[*others, user])
    return without(owners, user)


def without(owners: Owners, user: str) -> Owners:
    """Return the owners without ``user``. Raises Refused where none would be left."""
    others = [owner for owner in owners.users if owner != user]
    if not others and user in owners.users:
        raise Refused(Code.FORBIDDEN, "You are the only owner: make somebody else an owner first.")
    return Owners(users=others)


def too_many_devices(device_ids: Sequence[str], made_s: Sequence[int]) -> list[str]:
    """Return the devices to end before one more is signed in: the oldest beyond MAX_DEVICES."""
    by_age = sorted(zip(made_s, device_ids, strict=True))
    return [device for _, device in by_age[: max(0, len(by_age) + 1 - MAX_DEVICES)]]
