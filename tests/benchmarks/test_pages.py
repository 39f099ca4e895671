"""What programs write into docs/ is what was measured."""

from pathlib import Path

import pytest

from benchmarks import pages

RESULTS = Path(pages.__file__).parent / "results"


def test_the_costs_of_transports_in_the_docs_are_those_that_were_measured() -> None:
    lines = (RESULTS / "resources.md").read_text().splitlines()
    measured = [line for line in lines if line.startswith("|")]
    assert pages.said("transports.md", "resources").splitlines() == measured


def test_a_table_is_put_where_its_name_is_and_nothing_else_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "DOCS", tmp_path)
    block = "<!-- {}: written by x -->\n\n{{}}\n\n<!-- end -->\n"
    page = f"# A\n\n{block.format('one')}\n{block.format('two')}"
    (tmp_path / "a.md").write_text(page.format("a", "b"))
    pages.put("a.md", "one", "| new |\n|---|\n")
    assert (tmp_path / "a.md").read_text() == page.format("| new |\n|---|", "b")
    assert pages.said("a.md", "two") == "b"


def test_a_table_without_a_place_is_told() -> None:
    with pytest.raises(ValueError, match="no place for nonsense"):
        pages.put("transports.md", "nonsense", "")
