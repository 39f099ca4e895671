"""Draws the icons of the installed app from static/images/parley.svg, by Chromium."""

import subprocess
import tempfile
from pathlib import Path
from shutil import which
from typing import Final

IMAGES: Final = Path(__file__).parent.parent / "static/images"
BACKGROUND: Final = "#f4f2ee"
# Of a maskable icon, 80 % in the middle are always seen (W3C Web Application Manifest).
ICONS: Final = {
    "icon-192.png": (192, 0.8),
    "icon-512.png": (512, 0.8),
    "icon-maskable.png": (512, 0.56),
}


def draw(name: str, size: int, share: float) -> None:
    drawing = (IMAGES / "parley.svg").read_text("utf-8")
    is_maskable = "maskable" in name
    corner = "0" if is_maskable else "22%"
    page = (
        "<!doctype html><style>html,body{margin:0;background:transparent}"
        f"div{{width:{size}px;height:{size}px;display:grid;place-items:center;"
        f"background:{BACKGROUND};border-radius:{corner}}}"
        f"svg{{width:{share * 100}%}}</style><div>{drawing}</div>"
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "icon.html"
        file.write_text(page, "utf-8")
        subprocess.run(
            [
                which("chromium") or "chromium", "--headless=new", "--no-sandbox", "--disable-gpu",
                "--hide-scrollbars", "--default-background-color=00000000",
                f"--user-data-dir={folder}/profile", "--force-device-scale-factor=1",
                f"--window-size={size},{size}", f"--screenshot={IMAGES / name}", file.as_uri(),
            ],
            check=True, capture_output=True,
        )  # fmt: skip


if __name__ == "__main__":
    for name, (size, share) in ICONS.items():
        draw(name, size, share)
