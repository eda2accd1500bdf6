"""A panel of a board, and how it becomes Grafana's JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

Json = dict[str, Any]

GRAFANA: Final = "13.2.3"  # whose panel options these are
PLUGIN: Final = "4.13.0"  # of grafana-clickhouse-datasource
STORE: Final[Json] = {"type": "grafana-clickhouse-datasource", "uid": "${store}"}
METRICS: Final[Json] = {"type": "prometheus", "uid": "${metrics}"}
# Where the duty board is; a variable of every board.
DUTY_BOARD: Final = "${duty}/?county=${__data.fields.county}"


@dataclass(frozen=True)
class Sql:
    """A question to the store. series: rows are (time, names…, numbers), not a table."""

    text: str
    series: bool = False

    def json(self, ref: str) -> Json:
        return {
            "refId": ref,
            "datasource": STORE,
            "pluginVersion": PLUGIN,
            "editorType": "sql",
            "queryType": "timeseries" if self.series else "table",
            "format": 0 if self.series else 1,
            "rawSql": self.text,
        }


@dataclass(frozen=True)
class PromQl:
    """A question to Prometheus. legend: by label, such as {{stage}}. instant: only now's value."""

    text: str
    legend: str = ""
    instant: bool = False

    def json(self, ref: str) -> Json:
        return {
            "refId": ref,
            "datasource": METRICS,
            "editorMode": "code",
            "expr": self.text,
            "legendFormat": self.legend or "__auto",
            "range": not self.instant,
            "instant": self.instant,
            "format": "table" if self.instant else "time_series",
        }


@dataclass(frozen=True)
class Column:
    """How a column, or a series, is shown. Titles say Chinese and English.

    colour: a fixed one. steps: (from which value, colour). cell: Grafana's cell options.
    link: where a click goes; words: value → (text, colour).
    """

    name: str
    title: str = ""
    unit: str = ""
    decimals: int | None = None
    width: int | None = None
    colour: str = ""
    steps: Sequence[tuple[float | None, str]] = ()
    cell: Mapping[str, Any] | None = None
    link: str = ""
    words: Mapping[str, tuple[str, str]] | None = None
    hidden: bool = False
    custom: Mapping[str, Any] = field(default_factory=dict)
    pattern: bool = False

    def json(self) -> Json:
        said: list[tuple[bool, str, Any]] = [
            (bool(self.title), "displayName", self.title),
            (bool(self.unit), "unit", self.unit),
            (self.decimals is not None, "decimals", self.decimals),
            (self.width is not None, "custom.width", self.width),
            (bool(self.colour), "color", {"mode": "fixed", "fixedColor": self.colour}),
            (bool(self.steps), "color", {"mode": "thresholds"}),
            (bool(self.steps), "thresholds", thresholds(self.steps)),
            (bool(self.cell), "custom.cellOptions", dict(self.cell or {})),
            (bool(self.link), "links", [link(self.link)]),
            (bool(self.words), "mappings", [mapped(self.words or {})]),
            # The first hides it in charts, the second in tables.
            (self.hidden, "custom.hideFrom", {"viz": True, "legend": True, "tooltip": True}),
            (self.hidden, "custom.hidden", True),
        ]
        found = [(name, value) for is_said, name, value in said if is_said]
        found += [(f"custom.{name}", value) for name, value in self.custom.items()]
        matcher = "byRegexp" if self.pattern else "byName"
        return {
            "matcher": {"id": matcher, "options": self.name},
            "properties": [{"id": name, "value": value} for name, value in found],
        }


@dataclass(frozen=True)
class Panel:
    """One panel. title, english: its name. about: what is shown and how it is counted.

    kind: Grafana's name of the visualisation. options, defaults, changes: as Grafana
    has them (panel options, field defaults, transformations). width: of 24.
    """

    kind: str
    title: str
    english: str
    about: str
    width: int
    questions: Sequence[Sql | PromQl]
    unit: str = "short"
    options: Mapping[str, Any] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    columns: Sequence[Column] = ()
    changes: Sequence[Json] = ()
    interval: str = ""

    @property
    def name(self) -> str:
        return f"{self.title} · {self.english}"

    def json(self, number: int, place: Json) -> Json:
        if not self.about:
            raise ValueError(f"panel {self.name!r} says nothing of what it shows")
        targets = [question.json(chr(ord("A") + at)) for at, question in enumerate(self.questions)]
        source = STORE if isinstance(self.questions[0], Sql) else METRICS
        return {
            "id": number,
            "type": self.kind,
            "title": self.name,
            "description": self.about,
            "pluginVersion": GRAFANA,
            "gridPos": place,
            "datasource": source,
            "targets": targets,
            **({"interval": self.interval} if self.interval else {}),
            "options": dict(self.options),
            "fieldConfig": {
                "defaults": {"unit": self.unit, "noValue": "无 none", **self.defaults},
                "overrides": [column.json() for column in self.columns],
            },
            "transformations": list(self.changes),
        }


def thresholds(steps: Sequence[tuple[float | None, str]]) -> Json:
    """Grafana's thresholds out of (from which value, colour); the first has no value."""
    return {
        "mode": "absolute",
        "steps": [{"value": value, "color": colour} for value, colour in steps],
    }


def link(url: str, title: str = "值班面板 Duty board") -> Json:
    return {"title": title, "url": url, "targetBlank": True}


def mapped(words: Mapping[str, tuple[str, str]]) -> Json:
    """A value mapping: value → (text, colour), in order."""
    options = {
        value: {"text": text, "index": at, **({"color": colour} if colour else {})}
        for at, (value, (text, colour)) in enumerate(words.items())
    }
    return {"type": "value", "options": options}
