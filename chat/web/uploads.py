"""The HTTP API of files: uploads, and what was uploaded."""

from typing import Final
from urllib.parse import quote

from chat.files.signatures import PICTURES, THUMBNAIL_TYPE, UNKNOWN
from chat.files.store import Part
from chat.requests.handler import Handler
from chat.service.files import Files, NoFile
from chat.service.uploads import Upload

# What a file may do if a browser opens it by itself: nothing.
_POLICY: Final = "default-src 'none'; frame-ancestors 'none'; sandbox"


class UploadsHandler(Handler):
    """Takes a file: the body of the request."""

    _upload: Upload | None = None

    async def prepare(self) -> None:  # type: ignore[override]
        super().prepare()
        if self.request.method == "POST":
            uploads = self.dependencies.service.uploads
            assert uploads is not None  # else there is no such route
            length = self.request.headers.get("Content-Length")
            self._upload = await uploads.begin(
                self.person,
                self.argument("name"),
                self.address,
                size_bytes=None if length is None else int(length),
            )

    async def data_received(self, chunk: bytes) -> None:  # type: ignore[override]
        assert self._upload is not None
        try:
            await self._upload.write(chunk)
        except Exception as error:  # nobody else answers it
            if not self._finished:
                self._handle_request_exception(error)

    async def post(self) -> None:
        assert self._upload is not None
        info = await self._upload.finish()
        self.set_status(201)
        self.send_json(info)

    def on_finish(self) -> None:
        self.on_connection_close()

    def on_connection_close(self) -> None:
        super().on_connection_close()  # Tornado waits for the rest of the body no longer
        if self._upload is not None:
            self._upload.discard()


class FileHandler(Handler):
    """Gives a file to those who may read the message that has it."""

    is_logged = True  # its name may be private
    gives_cookies = False

    _is_gone = False

    async def get(self, id: str, name: str) -> None:
        about = await self._files.readable(self.person.user, id, name)
        part, size_bytes = Part.CONTENT, about.bytes
        if self.argument("size") == Part.THUMBNAIL and about.thumbnail_bytes is not None:
            part, size_bytes = Part.THUMBNAIL, about.thumbnail_bytes
        is_picture, type_ = about.type in PICTURES, about.type
        if part == Part.THUMBNAIL:
            type_ = THUMBNAIL_TYPE
        self.set_header("Content-Type", type_ if is_picture else UNKNOWN)
        self.set_header("Content-Disposition", _disposition(name, is_shown=is_picture))
        self.set_header("Content-Security-Policy", _POLICY)
        # A browser may keep it, and has to ask each time: the message may be deleted meanwhile.
        self.set_header("Cache-Control", "private, no-cache")
        self.set_header("ETag", f'"{id}-{part}"')
        if self.check_etag_header():
            self.set_status(304)
            return
        self.set_header("Content-Length", str(size_bytes))
        if self.request.method != "HEAD":
            await self._send(id, part)

    async def _send(self, id: str, part: Part) -> None:
        pieces = await self._files.read(id, part)
        if pieces is None:  # removed meanwhile
            self.clear()
            raise NoFile
        async for piece in pieces:
            if self._is_gone:
                break
            self.write(piece)
            await self.flush()

    @property
    def _files(self) -> Files:
        files = self.dependencies.service.files
        assert files is not None  # else there is no such route
        return files

    def on_connection_close(self) -> None:
        super().on_connection_close()
        self._is_gone = True

    def compute_etag(self) -> None:
        """Return none: the one above does not depend on how much was written."""


def _disposition(name: str, *, is_shown: bool) -> str:
    """Return how to save a file (RFC 6266), with a name for browsers that know no other form."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "._- ") else "_" for c in name)
    kind = "inline" if is_shown else "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
