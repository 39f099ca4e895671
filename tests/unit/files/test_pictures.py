"""Pictures are made anew: of what came, only the pixels are left."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest import IsolatedAsyncioTestCase

import pytest
from PIL import Image, ImageCms, PngImagePlugin

from chat.errors import InvalidInput
from chat.files import picture_process
from chat.files.picture_process import MAX_FRAMES, THUMBNAIL_SIDE
from chat.files.pictures import Pictures
from chat.files.signatures import PICTURES, type_of
from chat.protocol.codes import Code
from tests.support.pictures import claims, moving, png_that_claims

SECRET = b"52.5200 N 13.4050 E"


def picture(
    form: str, size: tuple[int, int] = (40, 20), mode: str = "RGB", **options: Any
) -> bytes:
    """Return a picture whose left half is red and whose right half is blue."""
    image = Image.new("RGB", size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    file = io.BytesIO()
    image.convert(mode).save(file, form, **options)
    return file.getvalue()


class PicturesTest(IsolatedAsyncioTestCase):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path

    async def remake(self, content: bytes) -> Any:
        (self.folder / "content").write_bytes(content)
        type_ = type_of(content[:4096], is_all=False)
        self.assertIn(type_, PICTURES)
        return await Pictures().remake(self.folder, type_)

    async def refused(self, content: bytes, code: str, words: str = "") -> None:
        with self.assertRaises(InvalidInput) as raised:
            await self.remake(content)
        self.assertEqual(raised.exception.code, code)
        self.assertIn(words, raised.exception.message)
        self.assertEqual({path.name for path in self.folder.iterdir()} - {"content"}, set())

    @property
    def content(self) -> bytes:
        return (self.folder / "content").read_bytes()

    def colours(self) -> Sequence[Any]:
        """Return the colours of the left and of the right end."""
        with Image.open(io.BytesIO(self.content)) as image:
            shown = image.convert("RGB")
            middle = shown.height // 2
            return [
                max(zip(shown.getpixel((x, middle)), "rgb", strict=True))[1]  # type: ignore[arg-type]
                for x in (2, shown.width - 3)
            ]

    async def test_pictures_of_each_kind_stay_what_they_are(self) -> None:
        for form in ("PNG", "JPEG", "GIF", "WEBP", "AVIF"):
            with self.subTest(form):
                made = await self.remake(picture(form))
                self.assertEqual(made, (40, 20, False))
                with Image.open(io.BytesIO(self.content)) as image:
                    self.assertEqual(image.format, form)
                self.assertEqual(self.colours(), ["r", "b"])

    async def test_pictures_of_each_mode_are_made_anew(self) -> None:
        for form, mode in (
            ("PNG", "RGBA"), ("PNG", "P"), ("PNG", "L"), ("PNG", "LA"), ("PNG", "1"),
            ("PNG", "I;16"), ("JPEG", "L"), ("JPEG", "CMYK"), ("WEBP", "RGBA"),
        ):  # fmt: skip
            with self.subTest(f"{form} {mode}"):
                self.assertEqual((await self.remake(picture(form, mode=mode)))[:2], (40, 20))

    async def test_nothing_but_the_pixels_is_left(self) -> None:
        exif = Image.Exif()
        exif[0x010E] = SECRET.decode()  # a description
        exif.get_ifd(0x8825)[1] = "N"  # a place
        exif.get_ifd(0x8825)[0x1D] = SECRET.decode()
        info = PngImagePlugin.PngInfo()
        info.add_text("Comment", SECRET.decode())
        for content in (
            picture("JPEG", exif=exif, comment=SECRET),
            picture("PNG", exif=exif, pnginfo=info),
            picture("WEBP", exif=exif, xmp=SECRET),
            picture("AVIF", exif=exif, xmp=SECRET),
            picture("GIF", comment=SECRET),
            picture("PNG") + b"<script>" + SECRET,
            picture("JPEG") + b"PK\x03\x04" + SECRET,
        ):
            with self.subTest(content[:12]):
                self.assertIn(SECRET, content)
                await self.remake(content)
                self.assertNotIn(SECRET, self.content)
                with Image.open(io.BytesIO(self.content)) as image:
                    self.assertFalse(image.getexif())

    async def test_a_colour_profile_is_applied_and_left_out(self) -> None:
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        for content in (picture("PNG", icc_profile=profile), picture("JPEG", icc_profile=b"none")):
            await self.remake(content)
            self.assertEqual(self.colours(), ["r", "b"])
            with Image.open(io.BytesIO(self.content)) as image:
                self.assertNotIn("icc_profile", image.info)

    async def test_a_picture_is_turned_as_its_camera_was_held(self) -> None:
        exif = Image.Exif()
        exif[0x0112] = 3  # upside down
        await self.remake(picture("JPEG", exif=exif))
        self.assertEqual(self.colours(), ["b", "r"])
        exif[0x0112] = 6  # on its side
        self.assertEqual((await self.remake(picture("JPEG", exif=exif)))[:2], (20, 40))

    async def test_larger_pictures_have_a_thumbnail(self) -> None:
        made = await self.remake(picture("JPEG", (THUMBNAIL_SIDE, 20)))
        self.assertEqual(made, (THUMBNAIL_SIDE, 20, False))
        made = await self.remake(picture("PNG", (2 * THUMBNAIL_SIDE, 200), "RGBA"))
        self.assertTrue(made.has_thumbnail)
        with Image.open(self.folder / "thumbnail") as image:
            self.assertEqual((image.format, image.size), ("WEBP", (THUMBNAIL_SIDE, 100)))

    async def test_moving_pictures_go_on_moving(self) -> None:
        for form in ("GIF", "WEBP", "PNG"):
            with self.subTest(form):
                await self.remake(moving(form, 12))
                with Image.open(io.BytesIO(self.content)) as image:
                    self.assertEqual(getattr(image, "n_frames", 1), 12)
                    image.load()
                    self.assertEqual(image.info["duration"], 40)

    async def test_a_moving_picture_has_so_many_frames_and_no_more(self) -> None:
        await self.remake(moving("GIF", MAX_FRAMES))
        await self.refused(moving("GIF", MAX_FRAMES + 1), Code.TOO_LONG)

    async def test_each_form_of_webp_says_how_many_pixels_it_has(self) -> None:
        path = self.folder / "content"
        options: dict[bytes, dict[str, Any]] = {
            b"VP8 ": {}, b"VP8L": {"lossless": True}, b"VP8X": {"xmp": SECRET},
        }  # fmt: skip
        for form, how in options.items():
            content = picture("WEBP", (300, 200), **how)
            self.assertEqual(content[12:16], form)
            path.write_bytes(content)
            self.assertEqual(picture_process.webp_pixels(path), 300 * 200)

    async def test_10000_frames_are_refused(self) -> None:
        await self.refused(moving("GIF", 10_000, (2, 2)), Code.TOO_LONG)

    async def test_pictures_of_each_kind_have_so_many_pixels_and_no_more(self) -> None:
        for content, most in (
            (png_that_claims(10_000, 5001), 50),
            (claims("JPEG", 10_000, 5001), 50),
            (claims("GIF", 10_000, 5001), 50),
            (claims("WEBP", 5000, 4001), 20),
            (claims("WEBP", 16_383, 16_383), 20),
            (claims("AVIF", 5000, 4001), 20),
        ):
            with self.subTest(content[:12]):
                words = f"have at most {most} million pixels."
                await self.refused(content, Code.TOO_LONG, words)
        # These need the most memory for each pixel; that they can be made anew is not obvious.
        for form, least in (("WEBP", {"method": 0}), ("AVIF", {"speed": 10})):
            with self.subTest(form):
                made = await self.remake(picture(form, (5000, 4000), "RGBA", **least))
                self.assertEqual(made, (5000, 4000, True))

    async def test_a_bomb_is_refused(self) -> None:
        await self.refused(png_that_claims(60_000, 60_000), Code.TOO_LONG)
        await self.refused(png_that_claims(7000, 7000), Code.BAD_COMMAND)  # its pixels are missing

    async def test_what_only_begins_like_a_picture_is_refused(self) -> None:
        for content in (
            picture("PNG")[:60],
            picture("JPEG")[:400],
            picture("PNG")[:8] + b"<html><script>alert(1)</script>",
            b"GIF89a" + b"<script>alert(1)</script>",
            b"\xff\xd8\xff" + bytes(1000),
            b"RIFF\0\0\0\0WEBPVP8 ",
        ):
            with self.subTest(content[:20]):
                await self.refused(content, Code.BAD_COMMAND)

    async def test_a_process_that_takes_too_much_is_no_harm(self) -> None:
        old = picture_process.__file__
        program = self.folder.parent / "hungry.py"
        program.write_text("import sys; print('no json'); sys.exit(1)")
        self.addCleanup(setattr, picture_process, "__file__", old)
        picture_process.__file__ = str(program)
        with self.assertLogs("chat.files.pictures", "INFO"):
            await self.refused(picture("PNG"), Code.TOO_LONG, "too much memory or time")
