"""Serves styles, scripts and images; the URLs of all files of one version share a folder.

Scripts import each other by relative URLs, so that a page that begins in `/static/v4f1c…/` stays
in it: the page and its workers run a single version, and may cache it for good. URLs without a
version are for the pages of others; those of scripts redirect to this version.
"""

import asyncio
import re
from collections.abc import Iterator
from typing import Any, Final

from tornado.web import HTTPError, StaticFileHandler

from chat.http.csp import file_policy
from chat.http.encodings import choose
from chat.requests.handler import PlainHandler
from chat.web.static_files import VERSION_DIGITS, StaticFiles

_VERSIONED: Final = re.compile(rf"v([0-9a-f]{{{VERSION_DIGITS}}})/(.+)")


class StaticFile(PlainHandler, StaticFileHandler):
    """Serves a file. Clients cache it for good in this version's folder, else they revalidate it.

    In a deploy the page of another version may request its files: it gets ours, to be revalidated.
    """

    is_lasting = False
    file = ""  # its path below the folder
    content = b""  # of the answer
    encoding = ""  # of the answer; empty: the file as it is

    @property
    def files(self) -> StaticFiles:
        files: StaticFiles = self.settings["static_files"]
        return files

    async def get(self, path: str, include_body: bool = True) -> None:
        self.file = self.parse_url_path(path)
        if self.file not in self.files.contents:
            raise HTTPError(404)
        if path.endswith(".js") and not _VERSIONED.fullmatch(path):
            self.set_header("Cache-Control", "no-cache")  # the next version has another URL
            self.redirect(self.static_url(path))
            return
        self.content = self.files.contents[self.file]
        headers = self.request.headers
        if "Range" not in headers:
            await self._encode(choose(headers.get("Accept-Encoding", "")))
        elif headers.get("If-Range", self.compute_etag()) != self.compute_etag():
            del headers["Range"]  # of another representation (RFC 9110 section 13.1.5)
        await super().get(path, include_body)

    async def head(self, path: str) -> None:
        await self.get(path, include_body=False)

    async def _encode(self, encoding: str) -> None:
        if not encoding:
            return
        encoded = await asyncio.to_thread(self.files.encoded, self.file, encoding)
        if encoded is not None:
            self.encoding, self.content = encoding, encoded

    # Methods of StaticFileHandler, which decides about ranges and what clients have already

    @classmethod
    def get_absolute_path(cls, root: str, path: str) -> str:
        return path

    def validate_absolute_path(self, root: str, absolute_path: str) -> str | None:
        return absolute_path

    def get_modified_time(self) -> None:
        """Return nothing: a file has its ETag, and the times of a deploy's copies say nothing."""

    def compute_etag(self) -> str:
        """Return the ETag; each encoding of a file has its own (RFC 9110 section 8.8.3.3)."""
        encoding = f"-{self.encoding}" if self.encoding else ""
        return f'"{self.files.tag(self.file)}{encoding}"'

    def get_content_size(self) -> int:
        return len(self.content)

    def get_content(  # type: ignore[override]  # ours is not of the class: it is in memory
        self, abspath: str, start: int | None = None, end: int | None = None
    ) -> Iterator[bytes]:
        yield self.content[start:end]

    def parse_url_path(self, url_path: str) -> str:
        if match := _VERSIONED.fullmatch(url_path):
            self.is_lasting = match[1] == self.files.version
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
            folder += f"v{settings['static_files'].version}/"
        return f"{folder}{path}"
