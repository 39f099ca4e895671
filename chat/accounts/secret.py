"""The secret that signs cookies and session ids: given, or made once and kept."""

import secrets
from pathlib import Path
from typing import Final

from chat.errors import SettingsError
from chat.settings import private_files

# As Settings asks of one that is given. A file may be cut short when the power goes.
MIN_LENGTH: Final = 16


def load_secret(given: str | None, data_dir: Path) -> bytes:
    """Return the secret; make one in ``data_dir``, readable by its owner only, if need be."""
    if given is not None:
        return given.encode()
    path = data_dir / "secret"
    try:
        private_files.make_folder(data_dir)
        if not path.exists():
            # Written aside and moved, so that a crash leaves no half of a secret behind.
            draft = path.with_name("secret.new")
            with private_files.create(draft, is_for_server=True) as file:
                file.write(secrets.token_urlsafe(32).encode())
            draft.rename(path)
        private_files.narrow(path)
        secret = path.read_bytes()
    except OSError as error:
        raise SettingsError(
            f"DATA_DIR: {path} can't be used ({error.strerror}). Name a folder that Parley may "
            "write to, or set SECRET."
        ) from error
    if len(secret) < MIN_LENGTH:  # nobody else may be able to sign what we sign
        raise SettingsError(
            f"DATA_DIR: {path} holds no secret. Remove it to have one made: everybody is then "
            "somebody new."
        )
    return secret
