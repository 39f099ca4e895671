"""Adds new texts of templates and scripts to the catalogues of all languages, not translated yet.

With --tidy, removes those that are not used any more. tests/unit/i18n finds what is missing.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from babel.messages.extract import extract
from babel.messages.pofile import normalize, read_po

ROOT: Final = Path(__file__).parent.parent
CATALOGUES: Final = sorted((ROOT / "chat/i18n").glob("*.po"))
# What takes texts: the first argument, or for texts that depend on a number the next two.
_KEYWORDS: Final = {"t": None, "tLater": None, "tn": (2, 3)}
_SOURCES: Final = (
    ("jinja2.ext:babel_extract", "templates/*.html"),
    ("javascript", "static/js/**/*.js"),
)
# Else a template with a fault has no texts, and those in template strings of scripts are not found.
_OPTIONS: Final = {"silent": "false", "parse_template_string": "true"}

# A text, or two that depend on a number, and what is said for it.
Text = str | tuple[str, str]
Said = str | Sequence[str]


def texts_in_use(only: str = "") -> Iterator[Text]:
    """Yield the texts of templates and scripts, each as often as it occurs."""
    for method, pattern in _SOURCES:
        if only not in ("", pattern):
            continue
        for path in sorted(ROOT.glob(pattern)):
            with path.open("rb") as file:
                for _line, text, _comments, _context in extract(
                    method, file, _KEYWORDS, options=_OPTIONS
                ):
                    yield text


def texts_in(path: Path) -> Mapping[Text, Said]:
    """Return the texts of a catalogue, and what is said for them; "" if nothing is."""
    with path.open("rb") as file:
        return {each.id: each.string for each in read_po(file, locale=path.stem) if each.id}


def written(texts: Mapping[Text, Said]) -> Iterator[str]:
    """Yield the entries of a catalogue in their order: work of several people can be merged."""
    for text, said in sorted(texts.items(), key=lambda entry: str(entry[0])):
        one, *many = [text] if isinstance(text, str) else text
        forms = [f"msgid_plural {_quoted(each)}" for each in many]
        if many:
            forms += [f"msgstr[{n}] {_quoted(each)}" for n, each in enumerate(said or ("", ""))]
        else:
            forms = [f"msgstr {_quoted(str(said))}"]
        yield "\n".join([f"msgid {_quoted(one)}", *forms])


def _quoted(text: str) -> str:
    return str(normalize(text, width=0))


def main() -> None:
    used = set(texts_in_use())
    for path in CATALOGUES:
        head, _, _ = path.read_text("utf-8").partition("\n\n")
        known = texts_in(path)
        if "--tidy" in sys.argv:
            known = {text: said for text, said in known.items() if text in used}
        entries = written(dict.fromkeys(used, "") | known)
        path.write_text("\n\n".join([head, *entries]) + "\n", "utf-8")


if __name__ == "__main__":
    main()
