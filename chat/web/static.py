"""Styles, scripts and images; the URLs of all files of one version share a folder.

Scripts import each other by relative URLs, so that a page that begins in `/static/v4f1c…/` stays
in it: the page and its workers run a single version, and may cache it for good. URLs without a
version are for the pages of others; those of scripts redirect to this version.
"""

import asyncio
import hashlib
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from tornado.web import HTTPError, StaticFileHandler

from chat.http.csp import file_policy
from chat.http.encodings import choose, compress
from chat.requests.handler import PlainHandler

VERSION_DIGITS: Final = 12
_COMPRESSIBLE: Final = frozenset({".css", ".js", ".json", ".svg", ".txt"})
_VERSIONED: Final = re.compile(rf"v([0-9a-f]{{{VERSION_DIGITS}}})/(.+)")


@cache  # a deploy restarts us
def version_of(folder: Path) -> str:
    """Return a hash of all files below ``folder``, which changes with any of them."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            digest.update(f"{path.relative_to(folder).as_posix()}\0{content}\0".encode())
    return digest.hexdigest()[:VERSION_DIGITS]


@cache
def files_of(folder: Path) -> Mapping[str, Path]:
    """Return the files below ``folder``, by their paths in URLs."""
    return {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}


@cache  # some 170 KB for all files
def in_encoding(file: Path, encoding: str) -> bytes | None:
    """Return ``file`` in ``encoding``; None if its type is not compressed, or it gets no shorter.

    It reads and compresses the file the first time: call it in a thread.
    """
    return compress(file.read_bytes(), encoding) if file.suffix in _COMPRESSIBLE else None


class StaticFile(PlainHandler, StaticFileHandler):
    """Serves a file. Clients cache it for good in this version's folder, else they revalidate it.

    In a deploy the page of another version may request its files: it gets ours, to be revalidated.
    """

    is_lasting = False
    encoding = ""  # of the answer; empty: the file as it is
    encoded = b""

    async def get(self, path: str, include_body: bool = True) -> None:
        file = files_of(Path(self.root)).get(self.parse_url_path(path))
        if file is None:
            raise HTTPError(404)
        if path.endswith(".js") and not _VERSIONED.fullmatch(path):
            self.set_header("Cache-Control", "no-cache")  # the next version has another URL
            self.redirect(self.static_url(path))
            return
        headers = self.request.headers
        if "Range" not in headers:
            await self._encode(file, choose(headers.get("Accept-Encoding", "")))
        elif headers.get("If-Range", self._tag_of(file)) != self._tag_of(file):
            del headers["Range"]  # of another representation (RFC 9110 section 13.1.5)
        await super().get(path, include_body)

    async def head(self, path: str) -> None:
        await self.get(path, include_body=False)

    async def _encode(self, file: Path, encoding: str) -> None:
        if not encoding:
            return
        if (encoded := await asyncio.to_thread(in_encoding, file, encoding)) is not None:
            self.encoding, self.encoded = encoding, encoded
            # Tornado calls get_content of the instance for the body, of the class for the ETag.
            self.get_content = lambda *_: iter((encoded,))  # type: ignore[method-assign,assignment]

    def _tag_of(self, file: Path) -> str:
        return f'"{self._get_cached_version(str(file))}"'

    def compute_etag(self) -> str | None:
        """Return the ETag; each encoding of a file has its own (RFC 9110 section 8.8.3.3)."""
        tag = super().compute_etag()
        return f'{tag[:-1]}-{self.encoding}"' if tag and self.encoding else tag

    def get_content_size(self) -> int:
        return len(self.encoded) if self.encoding else super().get_content_size()

    def parse_url_path(self, url_path: str) -> str:
        if match := _VERSIONED.fullmatch(url_path):
            self.is_lasting = match[1] == version_of(Path(self.root))
            url_path = match[2]
        return super().parse_url_path(url_path)

    def get_cache_time(self, *args: Any) -> int:
        return self.CACHE_MAX_AGE if self.is_lasting else 0

    def set_extra_headers(self, path: str) -> None:
        self.set_header("Content-Security-Policy", file_policy(self.request.host))
        self.set_header("Vary", "Accept-Encoding")
        if self.encoding:
            self.set_header("Content-Encoding", self.encoding)
        if self.is_lasting:
            self.set_header("Cache-Control", f"max-age={self.CACHE_MAX_AGE}, immutable")
        else:
            self.set_header("Cache-Control", "no-cache")

    @classmethod
    def make_static_url(
        cls, settings: dict[str, Any], path: str, include_version: bool = True
    ) -> str:
        """Return the URL of ``path``, by default in this version's folder."""
        folder = f"{settings['base_path']}/static/"
        if include_version:
            folder += f"v{version_of(Path(settings['static_path']))}/"
        return f"{folder}{path}"
