"""The pages: every link leads somewhere; times, metrics and commands named are those of the code."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import unquote

import click
import pytest
import yaml
from prometheus_client import Counter
from prometheus_client.metrics import MetricWrapperBase

from cli.main import Exit, main
from sinks.grants import readable
from sinks.retention import KEPT
from sinks.views import shipped
from streams import metrics
from streams.settings import Settings
from streams.topics import TOPICS
from tests.unit.markdown import anchors, images, links, tables

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = sorted(
    {
        *ROOT.glob("*.md"),
        *(
            path
            for folder in ("docs", "deploy", "bench", "tests")
            for path in (ROOT / folder).rglob("*.md")
        ),
    }
)
SQL: Final = "".join(
    path.read_text(encoding="utf-8") for path in sorted((ROOT / "sinks" / "schema").glob("*.sql"))
)
GENERATED: Final = {"tests/browser/screenshots"}
_DAYS: Final = {"DAY": 1, "YEAR": 365}


def names_of(pages: list[Path]) -> list[str]:
    return [str(page.relative_to(ROOT)) for page in pages]


def read(page: str | Path) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", names_of(PAGES))
def test_every_link_and_image_leads_somewhere(page: str) -> None:
    here = ROOT / page
    text = read(page)
    lost = []
    for target in (*links(text), *(path for _, path in images(text))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = unquote(target).partition("#")
        there = (here.parent / path).resolve() if path else here
        if not there.exists() or (
            anchor and there.suffix == ".md" and anchor not in anchors(read(there))
        ):
            lost.append(target)
    assert lost == []


@pytest.mark.parametrize(
    "page", names_of([page for page in PAGES if "decisions" not in page.parts])
)
def test_every_command_named_is_one(page: str) -> None:
    context = click.Context(main)
    for said in re.findall(r"(?m)(?:`|^|&& |\$ |: )huishang ((?:[a-z-]+ ?)+)", read(page)):
        command: click.Command | None = main
        for word in said.split():
            if not isinstance(command, click.Group):
                break
            command = command.get_command(context, word)
        assert command, said


@pytest.mark.parametrize("page", names_of(PAGES))
def test_every_file_named_is_there(page: str) -> None:
    said = set(
        re.findall(r"`((?:streams|agents|sinks|cli|deploy|tests|bench|docs)/[\w./-]*)`", read(page))
    )
    assert {path for path in said if not (ROOT / path).exists()} - GENERATED == set()


def test_privacy_says_how_long_topics_are_kept() -> None:
    said = {
        row[0].strip("`"): row[1] for row in tables(read("docs/security-and-privacy.md"))[0][1:]
    }
    assert said == {
        topic.name: "last per key"
        if topic.config["cleanup.policy"] == "compact"
        else f"{int(topic.config['retention.ms']) // 86_400_000} days"
        for topic in TOPICS
    }


def test_privacy_says_how_long_rows_are_kept() -> None:
    said = {
        row[0].strip("`"): row[1] for row in tables(read("docs/security-and-privacy.md"))[1][1:]
    }
    assert said == dict(kept_in_store())


def test_privacy_says_in_which_views_readers_find_excerpts() -> None:
    views = "".join(text for _, text in shipped())
    made = re.findall(r"(?s)CREATE [\w ]*VIEW (\w+)\n\((.*?)\n\)", views)
    kept = {name: columns for name, columns in made if name in readable()}
    assert kept.keys() == readable().keys()
    with_text = {
        name for name, columns in kept.items() if re.search(r"\b(excerpt|preview) String", columns)
    }
    (row,) = [
        row
        for row in read("docs/security-and-privacy.md").splitlines()
        if "readers of Grafana" in row
    ]
    assert with_text == {name for name in readable() if f"`{name}`" in row} == {"incident_list"}


def kept_in_store() -> Iterator[tuple[str, str]]:
    """Table → how long its rows, and then its texts, are kept."""
    for made in re.findall(r"(?s)CREATE TABLE IF NOT EXISTS (\w+)\n(.*?);\n", SQL):
        table, definition = made
        columns, _, engine = definition.partition("\nENGINE")
        if table in KEPT:
            setting = KEPT[table][1]
            days = Settings.model_fields[setting].default
            rows = f"{days} days (`HUISHANG_{setting.upper()}`)"
        elif found := re.search(
            r"\nTTL .*INTERVAL (\d+) (DAY|YEAR)(?: DELETE WHERE (.*))?", engine
        ):
            rows = f"{int(found[1]) * _DAYS[found[2]]} days"
            if found[3] == "kind = 'handover'":
                rows = f"for good; handover notes {rows}"
        else:
            rows = "for good"
        texts = re.findall(r"(\w+) String TTL .*? \+ INTERVAL (\d+) DAY", columns)
        yield table, "; ".join([rows, *(f"`{name}` {days} days" for name, days in texts)])


def test_operations_names_every_metric_with_its_labels() -> None:
    said = {
        row[0].strip("`"): [name.strip() for name in row[1].split(",") if name]
        for table in tables(read("docs/operations.md"))
        for row in table[1:]
        if row[0].startswith("`huishang_")
    }
    ours = [family for family in vars(metrics).values() if isinstance(family, MetricWrapperBase)]
    assert said == {
        sample + "_total" * isinstance(family, Counter): list(family._labelnames)
        for family in ours
        for sample in [family._name]
    }


def test_operations_names_every_alert_and_how_urgent_it_is() -> None:
    rules = yaml.safe_load(read("deploy/prometheus/alerts.yaml"))["groups"][0]["rules"]
    said = re.findall(
        r"(?m)^\| \[(\w+)\]\(runbooks/\w+\.md\) \| (\w+) \|", read("docs/operations.md")
    )
    assert said == [(rule["alert"], rule["labels"]["severity"]) for rule in rules]


def test_the_command_line_page_names_every_exit_code() -> None:
    said = re.findall(r"(?m)^\| (\d+) \| (.+?) \|", read("docs/cli.md"))
    assert [int(code) for code, _ in said] == [int(code) for code in Exit]
