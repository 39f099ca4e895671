"""The dashboard, the alerts and their runbook fit together."""

import json
import re
from typing import Any

import yaml

from tests.unit.test_docs import DOCS

ROOT = DOCS.parent
DASHBOARD = json.loads((ROOT / "deploy/grafana/parley.json").read_text())
ALERTS: list[dict[str, Any]] = yaml.load(
    (ROOT / "deploy/prometheus/alerts.yml").read_text(), yaml.CSafeLoader
)["groups"][0]["rules"]
TARGETS = [target for panel in DASHBOARD["panels"] for target in panel.get("targets", ())]
# Prometheus adds these to what it collects; variables are the dashboard's own.
ADDED = {"job", "instance", "le"}


def names_in(expression: str) -> set[str]:
    return set(re.findall(r"\b(?:parley|process)_\w+", expression))


def labels(expression: str) -> set[str]:
    matched = [re.findall(r"(\w+)\s*(?:=~|!~|!=|=)\"", part) for part in _braces(expression)]
    grouped = re.findall(r"\bby \(([^)]*)\)", expression)
    return {name for part in matched for name in part} | {
        name.strip() for part in grouped for name in part.split(",")
    }


def _braces(expression: str) -> list[str]:
    return re.findall(r"\{([^}]*)\}", expression)


def test_the_dashboard_can_be_imported_as_it_is() -> None:
    assert DASHBOARD["uid"] == "parley" and "id" not in DASHBOARD
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)
    variables = {variable["name"]: variable for variable in DASHBOARD["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource"
    for panel in DASHBOARD["panels"]:
        assert panel["title"] and panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
    for target in TARGETS:
        assert target["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        used = set(re.findall(r"\$(\w+)", target["expr"]))
        assert used <= {*variables, "__rate_interval"}, target["expr"]


def test_no_two_panels_lie_over_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells


def test_every_alert_says_what_it_is_and_where_to_read_what_to_do() -> None:
    headings = re.findall(r"^### (.+)$", (DOCS / "operations.md").read_text(), re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
    for alert in ALERTS:
        page, _, anchor = alert["annotations"]["runbook_url"].partition("#")
        assert page == "file:///opt/parley/docs/operations.md" and anchor in anchors, alert["alert"]
        assert alert["labels"]["severity"] in ("page", "ticket")
        assert alert["annotations"]["summary"]
    assert len({alert["alert"] for alert in ALERTS}) == len(ALERTS)
