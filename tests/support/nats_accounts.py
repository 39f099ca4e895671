"""A NATS whose users show credentials: an operator, an account and a user, as `nsc` makes them."""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

# The first letter of a public key says whose it is (github.com/nats-io/nkeys).
OPERATOR, ACCOUNT, USER = 14 << 3, 0, 20 << 3
_SEED = 18 << 3
_NO_LIMITS = dict.fromkeys(
    ("subs", "data", "payload", "imports", "exports", "conn", "leaf")
    + ("mem_storage", "disk_storage", "streams", "consumer"),
    -1,
)


def _base32(prefix: bytes, data: bytes) -> str:
    raw = prefix + data
    checksum = binascii.crc_hqx(raw, 0).to_bytes(2, "little")
    return base64.b32encode(raw + checksum).decode().rstrip("=")


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@dataclass
class Key:
    """The key pair of an operator, an account or a user."""

    kind: int
    private: Ed25519PrivateKey

    @property
    def public(self) -> str:
        raw = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return _base32(bytes([self.kind]), raw)

    @property
    def seed(self) -> str:
        prefix = bytes([_SEED | self.kind >> 5, (self.kind & 31) << 3])
        return _base32(prefix, self.private.private_bytes_raw())

    def sign(self, whom: "Key", **nats: Any) -> str:
        """Return a JWT by which this key says what ``whom`` is."""
        head = {"typ": "JWT", "alg": "ed25519-nkey"}
        claims = {"jti": "x", "iat": 1, "iss": self.public, "sub": whom.public, "name": "n"}
        parts = [head, claims | {"nats": nats | {"version": 2}}]
        signed = ".".join(_base64url(json.dumps(part).encode()) for part in parts)
        return f"{signed}.{_base64url(self.private.sign(signed.encode()))}"


def make_accounts() -> tuple[str, str]:
    """Return the configuration of a server, and the text of its user's credentials file."""
    kinds = (OPERATOR, ACCOUNT, ACCOUNT, USER)
    operator, system, account, user = (Key(kind, Ed25519PrivateKey.generate()) for kind in kinds)
    limits = _NO_LIMITS | {"wildcards": True}
    account_jwt = operator.sign(account, type="account", limits=limits)
    user_jwt = account.sign(user, type="user", subs=-1, data=-1, payload=-1)
    config = f"""
        operator: {operator.sign(operator, type="operator")}
        resolver: MEMORY
        system_account: {system.public}
        resolver_preload: {{
            {account.public}: {account_jwt}
            {system.public}: {operator.sign(system, type="account")}
        }}
    """
    credentials = f"""
-----BEGIN NATS USER JWT-----
{user_jwt}
------END NATS USER JWT------

-----BEGIN USER NKEY SEED-----
{user.seed}
------END USER NKEY SEED------
"""
    return config, credentials
