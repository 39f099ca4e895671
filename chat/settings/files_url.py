"""Parses and checks FILES_URL, once. Pure. No error message repeats what may be a secret."""

import re
from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import parse_qs, unquote, urlsplit

_FORM: Final = "give s3://KEY:SECRET@BUCKET/PREFIX?region=REGION&endpoint=URL"
_BUCKET: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,62}")
_PREFIX: Final = re.compile(r"[A-Za-z0-9._/-]*")
_OPTIONS: Final = frozenset({"region", "endpoint"})


@dataclass(frozen=True, kw_only=True)
class FilesUrl:
    """The address of a bucket: ``s3://[key:secret@]bucket[/prefix][?region=…&endpoint=…]``.

    Without a key, that of the machine is used, where its provider gives it one.
    """

    bucket: str
    prefix: str = ""
    region: str = "us-east-1"
    endpoint: str | None = None  # None: Amazon's own
    key: str | None = field(default=None, repr=False)
    secret: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        """Return the URL without key and secret, for logs."""
        return f"s3://{self.bucket}" + (f"/{self.prefix}" if self.prefix else "")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the parts of ``text``. Raises ValueError, which says what to give."""
        try:
            parts = urlsplit(text.strip())
            options = parse_qs(parts.query, strict_parsing=bool(parts.query))
        except ValueError:
            raise ValueError(_FORM) from None
        user, _, bucket = parts.netloc.rpartition("@")
        key, colon, secret = user.partition(":")
        prefix = parts.path.strip("/")
        if parts.scheme != "s3" or not _BUCKET.fullmatch(bucket) or not _PREFIX.fullmatch(prefix):
            raise ValueError(_FORM)
        if parts.fragment or options.keys() - _OPTIONS:
            raise ValueError(f"{_FORM}; in a secret write / as %2F, + as %2B and @ as %40")
        if user and not (key and secret):
            raise ValueError("a key needs a secret: KEY:SECRET@")
        endpoint = options.get("endpoint", [None])[0]
        if endpoint is not None and not re.fullmatch(r"https?://[^\s/@]+", endpoint.rstrip("/")):
            raise ValueError("the endpoint is a URL without a path, such as https://s3.example")
        return cls(
            bucket=bucket,
            prefix=prefix,
            region=options.get("region", ["us-east-1"])[0],
            endpoint=None if endpoint is None else endpoint.rstrip("/"),
            key=unquote(key) or None,
            secret=unquote(secret) or None,
        )
