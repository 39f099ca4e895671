"""The base class of pages: renders a template and sets the security headers."""

import secrets
from collections.abc import Sequence
from typing import Any, Final

from chat.http.csp import page_headers
from chat.http.encodings import compress_page
from chat.requests.handler import Handler
from chat.web.static_files import StaticFiles

NONCE_BYTES: Final = 16  # as W3C CSP Level 3 section 7.1 asks: 128 bits that nobody can guess


class Page(Handler):
    """A page; its headers restrict what it may do in a browser."""

    @property
    def files(self) -> StaticFiles:
        files: StaticFiles = self.settings["static_files"]
        return files

    def module_urls(self, *entries: str) -> Sequence[str]:
        """Return the URLs of all that ``entries``, below ``static``, load at once."""
        return [self.static_url(name) for name in self.files.modules(*entries)]

    def show(self, template: str, *, inline: str = "", **names: Any) -> None:
        """Finish with ``template``, rendered with ``names``, ``nonce`` and ``static_url``.

        ``inline`` is a script of ours that the page may contain.
        """
        nonce = secrets.token_urlsafe(NONCE_BYTES)
        for name, value in page_headers(self.request.host, nonce, inline=inline).items():
            self.set_header(name, value)
        content = self.render_page(template, nonce=nonce, inline=inline, **names).encode()
        encoded = compress_page(content, self.headers, is_secure=self.is_secure)
        if encoded is not None:
            encoding, content = encoded
            self.set_header("Content-Encoding", encoding)
        self.finish(content)
