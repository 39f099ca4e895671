"""Pictures that are made to be trouble."""

import io
import struct
import zlib

from PIL import Image


def moving(form: str, frames: int, size: tuple[int, int] = (8, 8)) -> bytes:
    images = [
        Image.new("RGB", size, (number * 97 % 256, number % 251, number // 251 * 40 % 256))
        for number in range(frames)
    ]
    file = io.BytesIO()
    images[0].save(file, form, save_all=True, append_images=images[1:], duration=40)
    return file.getvalue()


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
