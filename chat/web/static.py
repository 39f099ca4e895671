"""Styles, scripts and images, all of one version in one folder of addresses.

Scripts import each other by relative addresses, so that what begins in `/static/v4f1c…/` stays in
it: page and workers run one version whole, and may keep it for good. Addresses without a version
are for other people's pages; a script's sends them on to this version's.
"""

import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any, Final

from tornado.web import StaticFileHandler

from chat.handler import PlainHandler
from chat.http.policy import file_policy

VERSION_DIGITS: Final = 12
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


class StaticFile(PlainHandler, StaticFileHandler):
    """A file. In this version's folder it is kept for good; elsewhere it is asked about.

    During a deploy another version's page may ask us for its files: it gets ours, once.
    """

    is_lasting = False

    async def get(self, path: str, include_body: bool = True) -> None:
        if path.endswith(".js") and not _VERSIONED.fullmatch(path):
            self.set_header("Cache-Control", "no-cache")  # the next version is elsewhere
            self.redirect(self.static_url(path))
            return
        await super().get(path, include_body)

    def parse_url_path(self, url_path: str) -> str:
        if match := _VERSIONED.fullmatch(url_path):
            self.is_lasting = match[1] == version_of(Path(self.root))
            url_path = match[2]
        return super().parse_url_path(url_path)

    def get_cache_time(self, *args: Any) -> int:
        return self.CACHE_MAX_AGE if self.is_lasting else 0

    def set_extra_headers(self, path: str) -> None:
        self.set_header("Content-Security-Policy", file_policy(self.request.host))
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
