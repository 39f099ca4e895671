"""Pages load few files where there is a bundler, and each module by itself where there is none."""

import logging
import re
import tempfile
from pathlib import Path
from unittest import TestCase

import pytest

from chat.application import ROOT
from chat.web import bundle as bundling
from chat.web.bundle import bundle, joined_styles, without_detour
from chat.web.static_files import StaticFiles, static_files

STATIC = ROOT / "static"
ENTRIES = ("js/connected.js", "js/main.js")


def sources() -> StaticFiles:
    return static_files(STATIC, is_bundled=False)


def test_without_a_bundle_all_modules_of_a_page_are_known_before_it_asks_for_them() -> None:
    files = sources()
    modules = files.modules(*ENTRIES)
    assert set(ENTRIES) < set(modules) <= set(files.contents)
    assert not [name for name in modules if name.startswith(("js/dialogs/", "js/doctor/"))]
    ran: set[str] = set()
    for name in modules:  # each after those that it imports
        imported = set(files.modules(name)) - {name}
        assert imported <= ran
        ran.add(name)


def test_types_in_comments_are_not_loaded(tmp_path: Path) -> None:
    (tmp_path / "js").mkdir()
    (tmp_path / "js/main.js").write_text(
        '/** @import { A } from "./types.js" */\n/* import "./b.js" */\n'
        'import { c } from "./c.js"\nexport * from "./d.js"\nimport "./e.js"\n'
        'const late = () => import("./f.js")\n'
    )
    for name in "cde":
        (tmp_path / f"js/{name}.js").write_text("export {}")
    modules = static_files(tmp_path, is_bundled=False).modules("js/main.js")
    assert modules == ("js/c.js", "js/d.js", "js/e.js", "js/main.js")


def test_a_bundle_has_all_that_a_page_loads_at_once_in_a_few_files() -> None:
    files = static_files(STATIC, is_bundled=True)
    modules = files.modules(*ENTRIES)
    assert len(modules) <= 6
    assert set(modules) <= set(files.contents)
    size = sum(len(files.encoded(name, "br") or b"") for name in modules)
    alone = sum(len(sources().encoded(name, "br") or b"") for name in sources().modules(*ENTRIES))
    assert size < alone / 2


def test_what_connects_a_page_is_one_file_that_the_others_share() -> None:
    files = static_files(STATIC, is_bundled=True)
    assert files.modules("js/connected.js") == ("js/connected.js",)
    assert files.modules("js/main.js") == ("js/connected.js", "js/main.js")
    assert b"as parley" in files.contents["js/connected.js"]  # others of the page's find it there


def test_an_entry_with_code_of_its_own_keeps_its_chunks() -> None:
    files = {
        "js/a.js": b'import{b}from"./a-1.js";b();export{b as c};',
        "js/a-1.js": b"export{b};",
    }
    assert without_detour(files, "js/a.js") == files


def test_a_bundle_leads_back_to_what_people_wrote() -> None:
    files = bundle(STATIC)
    scripts = [name for name in files if name.endswith(".js")]
    for name in scripts:
        (found,) = re.findall(rb"sourceMappingURL=(\S+)", files[name])
        assert str(Path(name).parent / found.decode()) in files


def test_a_style_sheet_has_those_that_it_imports_in_its_place_and_says_what_they_say(
    tmp_path: Path,
) -> None:
    (tmp_path / "chat.css").write_text(
        '/* The chat. */\n@import "./base.css";\n@import "./log.css";\n'
    )
    (tmp_path / "base.css").write_text(
        "@layer base {\n  p { inset-inline: 0 auto; } /* RTL */\n}\n"
    )
    (tmp_path / "log.css").write_text("q { content: '  /'; }\n")
    assert joined_styles(tmp_path / "chat.css").split("\n") == [
        "@layer base {", "p { inset-inline: 0 auto; }", "}", "q { content: '  /'; }", "",
    ]  # fmt: skip


def test_the_bundled_style_sheets_import_nothing() -> None:
    files = bundle(STATIC)
    sheets = [name for name in files if name.endswith(".css")]
    assert "css/chat.css" in sheets
    assert not [name for name in sheets if b"@import" in files[name]]


def test_the_same_files_are_the_same_version_and_others_are_not(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    first = static_files(tmp_path, is_bundled=False).version
    static_files.cache_clear()
    assert static_files(tmp_path, is_bundled=False).version == first
    (tmp_path / "b.txt").write_text("")
    static_files.cache_clear()
    assert static_files(tmp_path, is_bundled=False).version != first


def test_without_bun_the_log_says_so_and_nothing_is_bundled(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(bundling, "_PACKAGE", "no_such_package")
    assert bundle(STATIC) == {}
    assert "pages load each module by itself" in caplog.text


class TestFailure(TestCase):
    def test_a_bundle_that_fails_leaves_the_modules(self) -> None:
        with tempfile.TemporaryDirectory() as folder, self.assertLogs("chat.web.bundle") as logs:
            self.assertEqual(bundle(Path(folder)), {})  # the entries are not there
        self.assertIn("Scripts could not be bundled", logs.output[0])
