"""Makes a picture anew: a program of its own, which chat.files.pictures runs for each picture.

Decoders are large and work on what strangers send. So this process may use only so much memory and
time, and write only so much; if it dies, one upload fails. What it writes holds the pixels and
nothing else: no place, no camera, no comment, and nothing that stood behind the picture.
"""

import io
import json
import os
import resource
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from PIL.Image import Image

MEMORY_BYTES: Final = 1 << 30
CPU_S: Final = 30
# A picture that is made anew may be some times as long as it was.
OUTPUT_BYTES: Final = 512 << 20
# Of a good camera. Some phones make pictures of 200 million, if asked to: those take 800 MB.
_PIXELS: Final = 50_000_000
# The decoders and encoders of these take more than three times as much memory for each pixel.
MAX_PIXELS: Final = {
    "image/png": _PIXELS,
    "image/jpeg": _PIXELS,
    "image/gif": _PIXELS,
    "image/webp": 20_000_000,
    "image/avif": 20_000_000,
}
MAX_FRAMES: Final = 500
MAX_PIXELS_OF_ALL_FRAMES: Final = 80_000_000
# As wide as the column of messages; screens with twice the pixels get the picture itself.
THUMBNAIL_SIDE: Final = 480
_JPEG_QUALITY: Final = 88
_THUMBNAIL_QUALITY: Final = 80
_AVIF_SPEED: Final = 8  # of 10: at the default of 6, 20 million pixels may take more than CPU_S

TOO_LARGE: Final = "too_large"
TOO_LONG: Final = "too_long"
TOO_MUCH: Final = "too_much"
UNREADABLE: Final = "unreadable"
FORMATS: Final = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
    "image/avif": "AVIF",
}


def limit_this_process() -> None:
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_FSIZE, OUTPUT_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with suppress(ValueError):  # macOS does not limit memory
            resource.setrlimit(what, (least, least))
    os.umask(0o077)
    os.nice(5)  # whoever chats goes first


def remake(folder: Path, type_: str) -> dict[str, object]:
    """Replace ``content`` in ``folder``, and make ``thumbnail``; return what the picture is."""
    from PIL import Image, ImageFile  # only now: the limits hold for it, too

    Image.MAX_IMAGE_PIXELS = None  # ours is checked before anything is decoded
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    form, new = FORMATS[type_], folder / "content.new"
    if form == "WEBP" and webp_pixels(folder / "content") > MAX_PIXELS[type_]:
        return {"problem": TOO_LARGE}
    with Image.open(folder / "content", formats=[form]) as image:
        if (pixels := image.width * image.height) > MAX_PIXELS[type_]:
            return {"problem": TOO_LARGE}
        count = getattr(image, "n_frames", 1)
        if count > MAX_FRAMES or (count > 1 and count * pixels > MAX_PIXELS_OF_ALL_FRAMES):
            return {"problem": TOO_LONG}
        frames, options = _read(image, count)
    del image  # it holds the memory of the decoder, which the encoder needs
    first = frames[0]
    if form == "JPEG":
        options["quality"] = _JPEG_QUALITY
        if first.mode not in ("L", "RGB"):
            first = first.convert("RGB")
    if form == "AVIF":
        options["speed"] = _AVIF_SPEED
    try:
        first.save(new, form, **options)
    except (OSError, ValueError):  # as encoders say that there is too little memory
        return {"problem": TOO_MUCH}
    width, height = first.size
    has_thumbnail = max(width, height) > THUMBNAIL_SIDE
    if has_thumbnail:
        mode = "RGBA" if first.has_transparency_data else "RGB"
        small = first if first.mode == mode else first.convert(mode)
        small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
        small.save(folder / "thumbnail", "WEBP", quality=_THUMBNAIL_QUALITY)
    os.replace(new, folder / "content")
    return {"width": width, "height": height, "has_thumbnail": has_thumbnail}


def webp_pixels(path: Path) -> int:
    """Return how many pixels a WebP says it has (RFC 9649 section 2).

    Its decoder takes the memory for all of them when it is opened, and fails if there is none.
    """
    with path.open("rb") as file:
        head = file.read(30)
    match head[12:16]:
        case b"VP8X":
            return (1 + _little(head[24:27])) * (1 + _little(head[27:30]))
        case b"VP8L":
            bits = _little(head[21:25])
            return (1 + (bits & 0x3FFF)) * (1 + (bits >> 14 & 0x3FFF))
    return (_little(head[26:28]) & 0x3FFF) * (_little(head[28:30]) & 0x3FFF)


def _little(number: bytes) -> int:
    return int.from_bytes(number, "little")


def _read(image: "Image", count: int) -> "tuple[list[Image], dict[str, Any]]":
    """Return copies of all frames, and how to save them."""
    if count == 1:
        return [_upright(image)], {}
    frames, durations = [], []
    for frame in _frames(image, count):
        frames.append(_upright(frame))
        durations.append(frame.info.get("duration", 100))
    options = {"save_all": True, "append_images": frames[1:], "duration": durations}
    return frames, options | {"loop": image.info.get("loop", 0)}


def _frames(image: "Image", count: int) -> "Iterator[Image]":
    for number in range(count):
        image.seek(number)
        yield image


def _upright(image: "Image") -> "Image":
    """Return a copy that is turned as it is to be seen, in sRGB, with its pixels alone."""
    from PIL import ImageOps

    copy = _in_srgb(ImageOps.exif_transpose(image))
    transparency = copy.info.get("transparency")
    copy.info = {} if transparency is None else {"transparency": transparency}
    return copy


def _in_srgb(image: "Image") -> "Image":
    """Return ``image`` without its colour profile: it names the device, and few pixels need it."""
    from PIL import ImageCms

    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("RGB", "RGBA", "CMYK"):
        return image
    mode = "RGB" if image.mode == "CMYK" else image.mode
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return (
            ImageCms.profileToProfile(image, own, ImageCms.createProfile("sRGB"), outputMode=mode)
            or image
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image  # a profile that is none


def main(arguments: Sequence[str]) -> None:
    folder, type_ = arguments
    limit_this_process()
    try:
        answer = remake(Path(folder), type_)
    except MemoryError:
        answer = {"problem": TOO_MUCH}
    except Exception:  # decoders raise anything; which one is of no use to anybody
        answer = {"problem": UNREADABLE}
    print(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1:])
