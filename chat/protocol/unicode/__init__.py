"""Unicode's tables, which Python lacks and scripts/unicode_tables.py makes. Pure."""

from collections.abc import Iterator
from importlib.resources import files


def read_rows(name: str) -> Iterator[str]:
    """Yield the rows of one of the tables in this folder."""
    lines = files("chat.protocol.unicode").joinpath(name).read_text("utf-8").splitlines()
    return (line for line in lines if not line.startswith("#"))


def to_text(points: str) -> str:
    """Return the text of ``points``, hexadecimal code points separated by spaces."""
    return "".join(chr(int(point, 16)) for point in points.split())
