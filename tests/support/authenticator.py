"""An authenticator of passkeys in software, as W3C Web Authentication level 3 describes one."""

import base64
import hashlib
import json
import secrets
import struct
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

_PRESENT, _VERIFIED, _HAS_KEY = 0x01, 0x04, 0x40  # section 6.1
_NO_MODEL = bytes(16)


class Authenticator:
    """One passkey, for one site at ``origin``."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.id = secrets.token_bytes(32)
        self.count = 0
        self.is_verified = True  # that the user has shown their finger
        self._key = ec.generate_private_key(ec.SECP256R1())

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return what navigator.credentials.create does for ``options``, as JSON."""
        host = options["rp"]["id"]
        attested = _NO_MODEL + struct.pack("!H", len(self.id)) + self.id + self._public_key()
        attestation = {"fmt": "none", "attStmt": {}, "authData": self._data(host, attested)}
        return self._credential(
            clientDataJSON=_text(self._client_data("webauthn.create", options)),
            attestationObject=_text(cbor2.dumps(attestation)),
            transports=["internal"],
        )

    def get(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return what navigator.credentials.get does for ``options``, as JSON."""
        self.count += 1
        data = self._data(options["rpId"])
        client_data = self._client_data("webauthn.get", options)
        signed = data + hashlib.sha256(client_data).digest()
        return self._credential(
            clientDataJSON=_text(client_data),
            authenticatorData=_text(data),
            signature=_text(self._key.sign(signed, ec.ECDSA(hashes.SHA256()))),
            userHandle=_text(b"user"),
        )

    def _credential(self, **response: Any) -> dict[str, Any]:
        return {
            "id": _text(self.id),
            "rawId": _text(self.id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": response,
        }

    def _client_data(self, type_: str, options: dict[str, Any]) -> bytes:
        data = {"type": type_, "challenge": options["challenge"], "origin": self.origin}
        return json.dumps({**data, "crossOrigin": False}).encode()

    def _data(self, host: str, attested: bytes = b"") -> bytes:
        flags = _PRESENT | (_VERIFIED if self.is_verified else 0) | (_HAS_KEY if attested else 0)
        hashed = hashlib.sha256(host.encode()).digest()
        return hashed + struct.pack("!BI", flags, self.count) + attested

    def _public_key(self) -> bytes:
        """Return the key as RFC 9053 section 7.1.1 encodes one for ES256."""
        numbers = self._key.public_key().public_numbers()
        x, y = (number.to_bytes(32, "big") for number in (numbers.x, numbers.y))
        return bytes(cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y}))


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
