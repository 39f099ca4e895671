"""Styles, scripts and images, all of one version in one folder of addresses.

Scripts import each other by relative addresses, so that what begins in `/static/v4f1c…/` stays in
it: page and workers run one version whole, and may keep it for good. Addresses without a version
are for other people's pages; a script's sends them on to this version's.
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
    """Return what changes with any file below ``folder``."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            digest.update(f"{path.relative_to(folder).as_posix()}\0{content}\0".encode())
    return digest.hexdigest()[:VERSION_DIGITS]


@cache
def files_of(folder: Path) -> Mapping[str, Path]:
    """Return the files below ``folder``, by the paths that addresses have."""
    return {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}


@cache  # some 170 KB for all of it
def in_encoding(file: Path, encoding: str) -> bytes | None:
    """Return what ``file`` holds in ``encoding``; None where it has none, or is no shorter so.

    Reads and compresses the file the first time: call it in a thread.
    """
    return compress(file.read_bytes(), encoding) if file.suffix in _COMPRESSIBLE else None


class StaticFile(PlainHandler, StaticFileHandler):
    """A file. In this version's folder it is kept for good; elsewhere it is asked about.

    During a deploy another version's page may ask us for its files: it gets ours, once.
    """

    is_lasting = False
    encoding = ""  # of the answer; none: the file as it is
    encoded = b""

    async def get(self, path: str, include_body: bool = True) -> None:
        file = files_of(Path(self.root)).get(self.parse_url_path(path))
        if file is None:
            raise HTTPError(404)
        if path.endswith(".js") and not _VERSIONED.fullmatch(path):
            self.set_header("Cache-Control", "no-cache")  # the next version is elsewhere
            self.redirect(self.static_url(path))
            return
        headers = self.request.headers
        if "Range" not in headers:
            await self._encode(file, choose(headers.get("Accept-Encoding", "")))
        elif headers.get("If-Range", self._tag_of(file)) != self._tag_of(file):
            del headers["Range"]  # the rest of something else (RFC 9110 section 13.1.5)
        await super().get(path, include_body)

    async def head(self, path: str) -> None:
        await self.get(path, include_body=False)

    async def _encode(self, file: Path, encoding: str) -> None:
        """Have ``file`` be sent in ``encoding``, if that is one and makes it shorter."""
        if not encoding:
            return
        if (encoded := await asyncio.to_thread(in_encoding, file, encoding)) is not None:
            self.encoding, self.encoded = encoding, encoded
            # Tornado asks the instance for what is sent, and the class for what a tag is made of.
            self.get_content = lambda *_: iter((encoded,))  # type: ignore[method-assign,assignment]

    def _tag_of(self, file: Path) -> str:
        return f'"{self._get_cached_version(str(file))}"'

    def compute_etag(self) -> str | None:
        """Each form of a file has a tag of its own (RFC 9110 section 8.8.3.3)."""
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
        """Return the address of ``path``, in this version's folder."""
        folder = f"{settings['base_path']}/static/"
        if include_version:
            folder += f"v{version_of(Path(settings['static_path']))}/"
        return f"{folder}{path}"
