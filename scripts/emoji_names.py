"""Regenerates static/emoji/ from packages that contain CLDR's names of emoji.

    python scripts/emoji_names.py

en.json has the groups of emoji in Unicode's order, and each emoji with its name and the words that
find it. The files of other languages have only names, in the same order. Skin tones are left out.
When scripts/unicode_tables.py takes a new version of Unicode, raise EMOJIBASE too, run this, and
commit the changes.
"""

import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from unicode_tables import EMOJI
from unicode_tables import emoji as fully_qualified

EMOJIBASE = "emojibase-data@17.0.0"  # Emoji 17; the order, the groups, and English words
LANGUAGES = ("ar", "de", "es", "fa", "fr", "id", "it", "ja", "ko", "pt", "ru", "tr", "zh")
SHOWN = ("de",)  # languages of the page: names as they are written, not in small letters
# Codes people know from elsewhere: `:tada:`, `:+1:`.
CODES = ("github", "iamcal")
COMPONENTS = 2  # the group of parts that are no emoji by themselves
ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "static" / "emoji"
NPM = Path(sys.executable).parent / "npm"


def read_groups(folder: Path, qualified: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the groups, each with its emoji as [emoji, name, codes, other words].

    ``qualified`` has each emoji as the server accepts it, by its text without selectors.
    """
    codes = [json.loads((folder / f"en/shortcodes/{name}.json").read_text()) for name in CODES]
    titles = json.loads((folder / "en/messages.json").read_text())["groups"]
    data = json.loads((folder / "en/data.json").read_text())
    rows = sorted((row for row in data if "group" in row), key=lambda row: row["order"])
    groups = []
    for title in titles:
        found = [row for row in rows if row["group"] == title["order"] != COMPONENTS]
        if found:
            emoji = [
                [qualified[bare(row["emoji"])], row["label"], *words(row, codes)] for row in found
            ]
            groups.append({"name": title["message"].capitalize(), "emoji": emoji})
    return groups


def words(row: Mapping[str, Any], codes: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """Return the codes of an emoji, and words for it that neither these nor its name have."""
    found = [named.get(row["hexcode"], []) for named in codes]
    known = dict.fromkeys(c for each in found for c in ([each] if isinstance(each, str) else each))
    said = {*known, *row["label"].lower().split()}
    tags = dict.fromkeys(word for tag in row.get("tags", ()) for word in tag.lower().split())
    return " ".join(known), " ".join(word for word in tags if word not in said)


def bare(text: str) -> str:
    """Return an emoji without the selectors of its coloured form."""
    return text.replace("\ufe0f", "")


def shown_names(folder: Path, language: str) -> Mapping[str, str]:
    """Return the names of emoji as people write them, by their texts without selectors."""
    data = json.loads((folder / language / "data.json").read_text())
    return {bare(row["emoji"]): row["label"] for row in data}


def translated(text: str, language: str, data: Mapping[str, Any]) -> str:
    """Return the name of an emoji in a language; empty if it has none."""
    return str(data.get(text, {}).get(language, "")).strip(":").replace("_", " ")


def write(language: str, content: object) -> None:
    path = FOLDER / f"{language}.json"
    path.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n")
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size} bytes")


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", name]
        subprocess.run([*pip, EMOJI], check=True)
        (wheel,) = folder.glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)
        subprocess.run([NPM, "pack", "--silent", EMOJIBASE], cwd=folder, check=True)
        (package,) = folder.glob("*.tgz")
        subprocess.run(["tar", "xzf", package], cwd=folder, check=True)
        qualified = {bare(text): text for text in fully_qualified(folder)}
        import emoji  # type: ignore[import-not-found]  # now in the path

        groups = read_groups(folder / "package", qualified)
        write("en", groups)

        for language in LANGUAGES:
            emoji.config.load_language(language)
            texts = [text for group in groups for text, *_ in group["emoji"]]
            names = [translated(text, language, emoji.EMOJI_DATA) for text in texts]
            if language in SHOWN:
                shown = shown_names(folder / "package", language)
                names = [
                    shown.get(bare(text), name) for text, name in zip(texts, names, strict=True)
                ]
            write(language, names)


if __name__ == "__main__":
    main()
