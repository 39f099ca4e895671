"""Passkeys (W3C Web Authentication, level 3): registered by members, who then sign in with them."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from chat.accounts import decisions, records
from chat.accounts.rate_limits import Limits
from chat.accounts.records import Passkey, PasskeyName
from chat.backplane.base import Backplane
from chat.errors import Refused
from chat.protocol.codes import Code
from chat.protocol.pushes import Person
from chat.service.devices import SignedIn
from chat.service.people import People
from chat.service.profile import member_of
from chat.service.site import Site
from chat.service.transactions import Transaction, Transactions

MAX_PASSKEYS: Final = 20  # of a member
_TIMEOUT_MS: Final = 120_000


class Asking(NamedTuple):
    """The site as a browser knows it, and the challenge that it was given."""

    origin: str  # scheme, host and port
    host: str  # without the port
    challenge: bytes


class PasskeyInfo(msgspec.Struct, kw_only=True):
    id: str
    name: str
    made_s: int


class Passkeys:
    """The passkeys of members."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        backplane: Backplane,
        people: People,
        site: Site,
        limits: Limits,
    ) -> None:
        self._transactions = transactions
        self._backplane = backplane
        self._people = people
        self._site = site
        self._limits = limits

    # Registration

    async def options_to_register(self, person: Person, asking: Asking) -> bytes:
        """Return the options of navigator.credentials.create, as JSON. For members."""
        import webauthn  # slow to import, and many servers never need it
        from webauthn.helpers import structs

        account = await self._transactions.account(person.user)
        if account is None or not account.password:
            raise Refused(Code.FORBIDDEN, "You have no account: sign up first.")
        known = [
            structs.PublicKeyCredentialDescriptor(id=_decoded(info.id))
            for info in await self.of(person)
        ]
        options = webauthn.generate_registration_options(
            rp_id=asking.host,
            rp_name=self._site.name,
            user_id=person.user.encode(),
            user_name=account.name,
            challenge=asking.challenge,
            timeout=_TIMEOUT_MS,
            authenticator_selection=structs.AuthenticatorSelectionCriteria(
                resident_key=structs.ResidentKeyRequirement.REQUIRED,
                user_verification=structs.UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=known,
        )
        return webauthn.options_to_json(options).encode()

    async def register(
        self, person: Person, credential: Mapping[str, Any], name: str, asking: Asking
    ) -> PasskeyInfo:
        """Store the passkey that a browser has made. Raises Refused ``forbidden``."""
        import webauthn

        self._limits.account_change(person.user)
        try:
            verified = webauthn.verify_registration_response(
                credential=dict(credential),
                expected_challenge=asking.challenge,
                expected_rp_id=asking.host,
                expected_origin=asking.origin,
                require_user_verification=True,
            )
        except Exception as error:  # the library raises what its decoders raise, too
            raise _invalid() from error
        id = _encoded(verified.credential_id)
        if len(await self.of(person)) >= MAX_PASSKEYS:
            raise Refused(Code.FORBIDDEN, f"You have {MAX_PASSKEYS} passkeys: end one first.")
        now_s = self._transactions.now_s()

        async def decide(transaction: Transaction) -> None:
            await member_of(transaction, person.user)
            if await transaction.value(records.passkey(id)) is not None:
                raise _invalid()
            passkey = Passkey(
                user=person.user,
                key=_encoded(verified.credential_public_key),
                count=verified.sign_count,
            )
            await transaction.put(records.passkey(id), passkey)
            key = records.passkeys(person.user) + id
            await transaction.put(key, PasskeyName(name=name, made_s=now_s))
            transaction.record("passkey", whom=person.user)

        await self._transactions.run(person, decide)
        return PasskeyInfo(id=id, name=name, made_s=now_s)

    async def of(self, person: Person) -> Sequence[PasskeyInfo]:
        found = await self._transactions.scan(
            records.passkeys(person.user), PasskeyName, limit=2 * MAX_PASSKEYS
        )
        return [PasskeyInfo(id=id, name=each.name, made_s=each.made_s) for id, each in found]

    async def end(self, person: Person, id: str) -> None:
        """Forget a passkey of ``person``. Raises Refused ``forbidden`` if they have no such one."""

        async def decide(transaction: Transaction) -> None:
            found = await transaction.get(records.passkey(id), Passkey)
            if found is None or found.user != person.user:
                raise Refused(Code.FORBIDDEN, "You have no such passkey, or not any more.")
            await transaction.put(records.passkey(id), None)
            await transaction.put_value(records.passkeys(person.user) + id, None)
            transaction.record("end_passkey", whom=person.user)

        await self._transactions.run(person, decide)

    # Signing in

    def options_to_sign_in(self, asking: Asking) -> bytes:
        """Return the options of navigator.credentials.get, as JSON: any passkey of this site."""
        import webauthn
        from webauthn.helpers import structs

        options = webauthn.generate_authentication_options(
            rp_id=asking.host,
            challenge=asking.challenge,
            timeout=_TIMEOUT_MS,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        )
        return webauthn.options_to_json(options).encode()

    async def sign_in(
        self, credential: Mapping[str, Any], asking: Asking, *, browser: str, address: str
    ) -> SignedIn:
        """Sign in with a passkey. Raises Refused ``unauthorized`` or ``banned``."""
        import webauthn

        id = credential.get("id")
        if not isinstance(id, str) or len(id) > 2000 or not id.isascii() or not id.isprintable():
            raise _unknown()
        bucket = records.passkey(id[:100])
        self._limits.sign_in(bucket, address)
        passkey = await self._transactions.fresh(records.passkey(id), Passkey)
        if passkey is None:
            raise _unknown()
        try:
            verified = webauthn.verify_authentication_response(
                credential=dict(credential),
                expected_challenge=asking.challenge,
                expected_rp_id=asking.host,
                expected_origin=asking.origin,
                credential_public_key=_decoded(passkey.key),
                credential_current_sign_count=passkey.count,
                require_user_verification=True,
            )
        except Exception as error:
            raise _unknown() from error
        self._limits.signed_in(bucket, address)
        user = passkey.user

        async def decide(transaction: Transaction) -> None:
            now = await transaction.get(records.passkey(id), Passkey)
            if now is None:
                raise _unknown()
            count = verified.new_sign_count
            if count != now.count:
                await transaction.put(records.passkey(id), records.changed(now, count=count))
            transaction.record("passkey_used", whom=user)

        await self._transactions.run(Person(user=user, name=""), decide)
        account = await self._transactions.account(user)
        if account is None:
            raise _unknown()
        decisions.check_can_sign_in(account)
        return await self._people.sign_in(user, browser=browser, checked=account)


def _invalid() -> Refused:
    return Refused(Code.FORBIDDEN, "This passkey can't be used here.")


def _unknown() -> Refused:
    return Refused(Code.UNAUTHORIZED, "This passkey signs nobody in, or not any more.")


def _encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
