"""Pictures that are made to be trouble."""

import io
import struct
import zlib
from collections.abc import Callable

from PIL import Image

# How each kind says its size.
_SIZE: dict[str, Callable[[int, int], bytes]] = {
    "JPEG": lambda width, height: struct.pack(">HH", height, width),
    "GIF": lambda width, height: struct.pack("<HH", width, height),
    "WEBP": lambda width, height: struct.pack("<HH", width, height),
    "AVIF": lambda width, height: struct.pack(">II", width, height),
}


def moving(form: str, frames: int, size: tuple[int, int] = (8, 8)) -> bytes:
    images = [
        Image.new("RGB", size, (number * 97 % 256, number % 251, number // 251 * 40 % 256))
        for number in range(frames)
    ]
    file = io.BytesIO()
    images[0].save(file, form, save_all=True, append_images=images[1:], duration=40)
    return file.getvalue()


def claims(form: str, width: int, height: int) -> bytes:
    """Return a small picture whose head says that it has another size."""
    file = io.BytesIO()
    Image.new("RGB", (300, 200)).save(file, form)
    return file.getvalue().replace(_SIZE[form](300, 200), _SIZE[form](width, height))


def png_that_claims(width: int, height: int) -> bytes:
    """Return a short PNG that says it is large, and whose pixels are all zeros: a bomb."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1_000_000), 9)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )
