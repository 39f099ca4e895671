"""Regenerates the tables in chat/protocol/unicode/ from packages that contain Unicode's data.

    python scripts/unicode_tables.py

confusables.txt is UTS 39's table of confusables as ICU ships it; emoji.txt is the list of
emoji that UTS 51 recommends for general interchange. Both packages follow each release of
Unicode: raise their versions here, run this, and commit the changes.
"""

import struct
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

ICU = "icu4py==1.2.0"  # with ICU 78.3: Unicode 17
EMOJI = "emoji==2.16.0"  # Emoji 17
UNICODE = "17"
FOLDER = Path(__file__).parent.parent / "chat" / "protocol" / "unicode"

# In ICU's data a file begins with the size of its header, a magic number and 8 bytes about the
# machine it was made for; the name of its format follows (icu4c/source/common/unicode/udata.h).
_FORMAT = b"Cfu \x02\0\0\0"
_FORMAT_AT = 12


def confusables(data: bytes) -> Iterator[tuple[str, str]]:
    """Yield each character of ICU's ``data`` that has a prototype, with its prototype.

    The layout is that of icu4c/source/i18n/uspoof_impl.h: after the header a struct with the
    places of keys (a character, and in the highest byte one less than the length of its
    prototype), values (the prototype, or its place among the strings) and strings.
    """
    start = data.index(_FORMAT) - _FORMAT_AT
    (header_bytes,) = struct.unpack_from("<H", data, start)
    base = start + header_bytes
    keys_at, keys, values_at, _, strings_at, strings = struct.unpack_from("<6i", data, base + 12)
    text = data[base + strings_at : base + strings_at + 2 * strings]
    for number in range(keys):
        (key,) = struct.unpack_from("<I", data, base + keys_at + 4 * number)
        (value,) = struct.unpack_from("<H", data, base + values_at + 2 * number)
        length = (key >> 24) + 1
        prototype = (
            chr(value)
            if length == 1
            else text[2 * value : 2 * (value + length)].decode("utf-16-le")
        )
        yield chr(key & 0xFFFFFF), prototype


def emoji(folder: Path) -> Iterator[str]:
    """Yield each fully qualified emoji of the package in ``folder``."""
    sys.path.insert(0, str(folder))
    from emoji import EMOJI_DATA, STATUS  # type: ignore[import-not-found]

    wanted = STATUS["fully_qualified"]
    yield from (text for text, about in EMOJI_DATA.items() if about["status"] == wanted)


def write(name: str, what: str, rows: list[str]) -> None:
    head = f"# {what}, Unicode {UNICODE}. Made by scripts/unicode_tables.py; don't edit.\n"
    (FOLDER / name).write_text(head + "".join(f"{row}\n" for row in rows))
    print(f"{name}: {len(rows)} rows")


def points(text: str) -> str:
    return " ".join(f"{ord(character):04X}" for character in text)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", name]
        subprocess.run([*pip, ICU, EMOJI], check=True)
        for wheel in folder.glob("*.whl"):
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(folder)
        (icu,) = folder.glob("icu4py.libs/libicudata*")
        table = sorted(confusables(icu.read_bytes()))
        write(
            "confusables.txt",
            "UTS 39: what is confusable, and its prototype",
            [f"{points(source)};{points(prototype)}" for source, prototype in table],
        )
        write(
            "emoji.txt", "UTS 51: emoji for general interchange", sorted(map(points, emoji(folder)))
        )


if __name__ == "__main__":
    main()
