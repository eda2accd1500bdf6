"""Grafana's boards: as the code writes them, whole, of known names, and of nobody in particular."""

import json
import re
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.grafana.board import WIDTH, written
from deploy.grafana.boards import BOARDS
from deploy.grafana.panel import PromQl
from deploy.grafana.queries import queries
from sinks.grants import readable
from streams import metrics
from tests.kubernetes.tools import ToolMissing
from tests.promtool import promtool

GRAFANA = Path(__file__).parents[2] / "deploy" / "grafana"
FILES = sorted((GRAFANA / "dashboards").glob("*.json"))
# Columns of text that came in, of who acted, and of single reports and cases.
PRIVATE = {"excerpt", "preview", "note", "body", "by", "case_id", "report_ids", "sha256", "source"}

Json = dict[str, Any]


def loaded(path: Path) -> Json:
    found: Json = json.loads(path.read_text(encoding="utf-8"))
    return found


def panels(board: Json) -> list[Json]:
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def test_files_are_as_the_code_writes_them() -> None:
    assert {path.name for path in FILES} == {f"{board.uid}.json" for board in BOARDS}
    for board in BOARDS:
        path = GRAFANA / "dashboards" / f"{board.uid}.json"
        assert path.read_text(encoding="utf-8") == written(board), "run `make boards`"


def test_a_difference_is_told(tmp_path: Path) -> None:
    def command(*given: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "deploy.grafana", "--out", str(tmp_path), *given]
        return subprocess.run(
            command, cwd=GRAFANA.parents[1], check=False, capture_output=True, text=True, timeout=60
        )

    assert command("--duty-board", "https://duty.example").returncode == 0
    assert "https://duty.example" in (tmp_path / FILES[0].name).read_text(encoding="utf-8")
    told = command("--check")
    assert told.returncode == 1
    assert FILES[0].name in told.stderr


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_board_is_one_that_grafana_takes(path: Path) -> None:
    board = loaded(path)
    assert board["schemaVersion"] == 42
    assert re.fullmatch(r"[a-z0-9-]{1,40}", board["uid"])
    assert "id" not in board, "Grafana gives it"
    ids = [panel["id"] for panel in board["panels"]]
    assert len(set(ids)) == len(ids)
    names = {variable["name"] for variable in board["templating"]["list"]}
    for panel in panels(board):
        source = panel["datasource"]["uid"]
        assert source.strip("${}") in names
        refs = [target["refId"] for target in panel["targets"]]
        assert len(set(refs)) == len(refs) > 0
        assert {target["datasource"]["uid"] for target in panel["targets"]} == {source}
    used = set(re.findall(r"\$\{?([a-z]\w*)", json.dumps(board, ensure_ascii=False)))
    assert used <= names, "a variable that the board does not have"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_panels_lie_side_by_side_and_not_on_each_other(path: Path) -> None:
    places = [panel["gridPos"] for panel in loaded(path)["panels"]]
    for place in places:
        assert place["x"] >= 0
        assert place["x"] + place["w"] <= WIDTH
        assert place["h"] > 0
    for one, other in combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below, (one, other)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_panel_says_in_both_languages_what_it_shows(path: Path) -> None:
    board = loaded(path)
    titles = [panel["title"] for panel in panels(board)]
    for panel in panels(board):
        title, about = panel["title"], panel["description"]
        assert re.fullmatch(r"[^·]*[\u4e00-\u9fff][^·]* · [^·\u4e00-\u9fff]+", title), title
        assert re.search(r"[\u4e00-\u9fff]{4}", about), title
        assert re.search(r"[A-Za-z]{3,} [a-z]", about), title
        assert panel["fieldConfig"]["defaults"]["unit"], title
    assert len(set(titles)) == len(titles)


def test_no_board_asks_for_what_somebody_said_or_who_acted() -> None:
    for query in queries():
        words = set(re.findall(r"\b[a-z_0-9]+\b", query.text))
        assert not words & PRIVATE, query.name


def test_views_are_read_and_no_tables() -> None:
    """A reader on a server is granted nothing else."""
    known = readable().keys()
    for query in queries():
        read = set(re.findall(r"\b(?:FROM|JOIN) (\w+)", query.text))
        assert read, query.name
        assert read <= known, query.name


def test_counties_of_one_name_are_not_taken_for_one() -> None:
    for query in queries():
        for keys in re.findall(r"GROUP BY ([^\n]+)", query.text):
            if "county_name" in keys:
                assert re.search(r"\bcounty\b", keys), query.name


def expressions() -> list[str]:
    return [
        question.text
        for board in BOARDS
        for panel in board.panels
        for question in panel.questions
        if isinstance(question, PromQl)
    ]


def known_series() -> dict[str, set[str]]:
    """Series that stages expose → their labels."""
    found: dict[str, set[str]] = {}
    for family in metrics.REGISTRY.collect():
        labels = set(getattr(_collector(family.name), "_labelnames", ()))
        suffixes = {
            "counter": ("_total",),
            "histogram": ("_bucket", "_sum", "_count"),
        }.get(family.type, ("",))
        for suffix in suffixes:
            extra = {"le"} if suffix == "_bucket" else set()
            found[family.name + suffix] = labels | extra | {"instance", "job"}
    return found


def _collector(name: str) -> object:
    registered = metrics.REGISTRY._names_to_collectors
    return registered.get(name) or registered.get(f"{name}_total")


def test_prometheus_is_asked_for_metrics_and_labels_that_exist() -> None:
    known = known_series()
    asked = expressions()
    assert len(asked) > 20
    for expression in asked:
        series = set(re.findall(r"\b(?:huishang|process)_\w+", expression))
        assert series
        assert series <= known.keys(), expression
        grouped = re.findall(r"\bby \(([^)]*)\)", expression)
        labels = {label.strip() for group in grouped for label in group.split(",")}
        for name in series:
            assert labels <= known[name], expression
        for name, matchers in re.findall(r"\b(\w+)\{([^}]*)\}", expression):
            assert set(re.findall(r"(\w+)[!=]~?", matchers)) <= known[name], expression


def test_every_metric_of_ours_is_on_the_operators_board() -> None:
    asked = " ".join(expressions())
    # Whether texts are long is for publishers; reloads are shown by their time.
    beside = {"huishang_texts_cut", "huishang_rules_reloads", "huishang_lexicon_reloads"}
    ours = {
        family.name
        for family in metrics.REGISTRY.collect()
        if family.name.startswith("huishang_") and family.name not in beside
    }
    missing = {name for name in ours if name not in asked}
    assert not missing, "add a panel in deploy/grafana/boards/operations*.py and run `make boards`"


def test_prometheus_understands_every_expression(tmp_path: Path) -> None:
    try:
        tool = promtool()
    except ToolMissing as missing:
        pytest.skip(str(missing))
    rules = [
        {"record": f"tried:{number}", "expr": one.replace("$__rate_interval", "5m")}
        for number, one in enumerate(expressions())
    ]
    path = tmp_path / "rules.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "tried", "rules": rules}]}))
    done = subprocess.run(
        [tool, "check", "rules", str(path)], check=False, capture_output=True, timeout=60
    )
    assert done.returncode == 0, done.stderr


def test_provisioning_holds_no_secret_and_names_what_boards_need() -> None:
    folder = GRAFANA / "provisioning"
    [sources] = [
        yaml.safe_load(path.read_text(encoding="utf-8"))
        for path in (folder / "datasources").iterdir()
    ]
    kinds = {source["type"]: source for source in sources["datasources"]}
    assert kinds.keys() == {"grafana-clickhouse-datasource", "prometheus"}
    for source in kinds.values():
        assert source["uid"]
        for value in source.get("secureJsonData", {}).values():
            assert re.fullmatch(r"\$[A-Z_]+", value)
    [provided] = [
        yaml.safe_load(path.read_text(encoding="utf-8"))
        for path in (folder / "dashboards").iterdir()
    ]
    [provider] = provided["providers"]
    assert provider["type"] == "file"
    assert provider["options"]["path"]
    page = (GRAFANA.parents[1] / "docs" / "boards.md").read_text(encoding="utf-8")
    text = (folder / "datasources" / "huishang.yaml").read_text(encoding="utf-8")
    for variable in re.findall(r"\$([A-Z_]+)", text):
        assert f"`{variable}`" in page
