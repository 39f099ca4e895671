"""What a file is, by its first bytes and never by its name. Pure.

Only pictures are ever shown by a browser as what they are, and those are made anew before. Of all
other files the type only tells people what to expect: they are always given as a download.
"""

from typing import Final

# As many bytes as ``type_of`` looks at.
HEAD_BYTES: Final = 4096
UNKNOWN: Final = "application/octet-stream"
TEXT: Final = "text/plain"
THUMBNAIL_TYPE: Final = "image/webp"
PICTURES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"})

_BEGINNINGS: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"PK\x05\x06", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"\x1a\x45\xdf\xa3", "video/webm"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
)
# What follows the length of a container: RIFF's form, or the brand of an ISO base media file.
_RIFF: Final = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_BRANDS: Final = {
    **dict.fromkeys((b"avif", b"avis"), "image/avif"),
    **dict.fromkeys((b"heic", b"heix", b"hevc", b"mif1", b"msf1"), "image/heic"),
    b"M4A ": "audio/mp4",
    b"qt  ": "video/quicktime",
}
_CONTROLS: Final = bytes(set(range(32)) - set(b"\t\n\f\r\x1b")) + b"\x7f"


def type_of(head: bytes, *, is_all: bool) -> str:
    """Return the media type of a file that begins with ``head``; ``is_all``: it ends there, too."""
    for beginning, type_ in _BEGINNINGS:
        if head.startswith(beginning):
            return type_
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12], UNKNOWN)
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "video/mp4")
    return TEXT if head and _is_text(head, is_all=is_all) else UNKNOWN


def _is_text(head: bytes, *, is_all: bool) -> bool:
    if head.translate(None, _CONTROLS) != head:
        return False
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return not is_all and error.start >= len(head) - 3  # cut within a character
    return True
