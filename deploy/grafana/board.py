"""A board: panels in rows, variables, annotations, links; and its JSON."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from deploy.grafana.panel import METRICS, STORE, Json, Panel
from deploy.grafana.sql import LAST_DAY, ZONE, matter, sql

SCHEMA_VERSION: Final = 42  # of dashboards, as @grafana/schema 13.2.3 writes them
WIDTH: Final = 24
TAG: Final = "huishang"
# Another address: `python -m deploy.grafana --duty-board URL`.
DUTY_BOARD_URL: Final = "http://127.0.0.1:8300"


@dataclass(frozen=True)
class Row:
    """Panels side by side. height: in Grafana's units of 30 pixels."""

    height: int
    panels: Sequence[Panel]


@dataclass(frozen=True)
class Section:
    """Rows under a heading."""

    title: str
    english: str
    rows: Sequence[Row]


@dataclass(frozen=True)
class Mark:
    """An annotation: what a question to the store returns as (time, timeEnd, text, tags)."""

    name: str
    question: str
    colour: str = "orange"

    def json(self) -> Json:
        return {
            "name": self.name,
            "enable": True,
            "hide": False,
            "iconColor": self.colour,
            "datasource": STORE,
            "target": {
                "refId": "annotation",
                "editorType": "sql",
                "queryType": "table",
                "format": 1,
                "rawSql": self.question,
            },
        }


@dataclass(frozen=True)
class Board:
    """uid: in its address, and the name of its file. picks: which of the variables it has."""

    uid: str
    title: str
    english: str
    about: str
    sections: Sequence[Section]
    picks: Sequence[str] = ("city", "county", "category")
    marks: Sequence[Mark] = ()
    since: str = "now-24h"
    refresh: str = "1m"
    on_store: bool = True

    @property
    def panels(self) -> Iterator[Panel]:
        for section in self.sections:
            for row in section.rows:
                yield from row.panels

    def json(self, duty_board: str = DUTY_BOARD_URL) -> Json:
        return {
            "uid": self.uid,
            "title": f"{self.title} · {self.english}",
            "description": self.about,
            "tags": [TAG],
            "schemaVersion": SCHEMA_VERSION,
            "version": 1,
            "editable": False,
            "graphTooltip": 1,
            "timezone": ZONE,
            "weekStart": "monday",
            "time": {"from": self.since, "to": "now"},
            "timepicker": {},
            "refresh": self.refresh,
            "links": _links(),
            "annotations": {"list": [mark.json() for mark in self.marks]},
            "templating": {"list": self._variables(duty_board)},
            "panels": list(self._placed()),
        }

    def _variables(self, duty_board: str) -> list[Json]:
        source = _STORE_VARIABLE if self.on_store else _METRICS_VARIABLE
        duty = {
            "name": "duty",
            "type": "constant",
            "label": "值班面板 Duty board",
            "hide": 2,
            "query": duty_board,
            "skipUrlSync": True,
        }
        return [source, duty, *(_asked(name, *VARIABLES[name]) for name in self.picks)]

    def _placed(self) -> Iterator[Json]:
        """Every panel with its number and place; headings between them."""
        number = y = 0
        for section in self.sections:
            number += 1
            yield {
                "id": number,
                "type": "row",
                "title": f"{section.title} · {section.english}",
                "collapsed": False,
                "gridPos": {"x": 0, "y": y, "w": WIDTH, "h": 1},
                "panels": [],
            }
            y += 1
            for row in section.rows:
                x = 0
                for panel in row.panels:
                    number += 1
                    place = {"x": x, "y": y, "w": panel.width, "h": row.height}
                    yield panel.json(number, place)
                    x += panel.width
                if x > WIDTH:
                    raise ValueError(f"{row.panels[0].name!r} and beside it are {x} wide")
                y += row.height


def written(board: Board, duty_board: str = DUTY_BOARD_URL) -> str:
    """The board as its file has it."""
    return json.dumps(board.json(duty_board), ensure_ascii=False, indent=2) + "\n"


def _links() -> list[Json]:
    others = {
        "type": "dashboards",
        "title": "会商看板 Huishang boards",
        "tags": [TAG],
        "asDropdown": True,
        "includeVars": True,
        "keepTime": True,
        "targetBlank": False,
        "icon": "external link",
        "tooltip": "",
        "url": "",
    }
    duty = {
        "type": "link",
        "title": "值班面板 Duty board",
        "url": "${duty}",
        "icon": "bell",
        "tags": [],
        "tooltip": "确认、交办、签发 Acknowledge, assign, sign",
        "asDropdown": False,
        "includeVars": False,
        "keepTime": False,
        "targetBlank": True,
    }
    return [others, duty]


_STORE_VARIABLE: Final[Json] = {
    "name": "store",
    "type": "datasource",
    "label": "数据库 Store",
    "query": STORE["type"],
    "refresh": 1,
    "regex": "",
    "hide": 0,
    "multi": False,
    "includeAll": False,
    "options": [],
}
_METRICS_VARIABLE: Final[Json] = _STORE_VARIABLE | {
    "name": "metrics",
    "label": "指标 Metrics",
    "query": METRICS["type"],
}

# What is offered: places and categories of the last 90 days of the range.
_LATELY: Final = f"day >= {LAST_DAY} - 90 AND day <= {LAST_DAY}"
# Name → label, question; the first column is the value, the second what is shown.
VARIABLES: Final[dict[str, tuple[str, str]]] = {
    "city": (
        "市州 City",
        sql(f"""
            SELECT DISTINCT city AS value, city_name AS text
            FROM county_days
            WHERE {_LATELY}
            ORDER BY value
        """),
    ),
    "county": (
        "区县 County",
        sql(f"""
            SELECT DISTINCT county AS value, county_name AS text
            FROM county_days
            WHERE {_LATELY}
              AND $__conditionalAll(city IN (${{city:singlequote}}), $city)
            ORDER BY value
        """),
    ),
    "category": (
        "类别 Category",
        sql(f"""
            SELECT category AS value, {matter()} AS text
            FROM category_days
            WHERE {_LATELY}
            GROUP BY category ORDER BY value
        """),
    ),
}


def _asked(name: str, label: str, question: str) -> Json:
    return {
        "name": name,
        "type": "query",
        "label": label,
        "datasource": STORE,
        "definition": question,
        "query": {
            "refId": name,
            "editorType": "sql",
            "queryType": "sql",
            "format": 1,
            "rawSql": question,
        },
        "refresh": 2,  # when the time range changes
        "sort": 0,
        "regex": "",
        "hide": 0,
        "multi": True,
        "includeAll": True,
        "current": {"text": ["All"], "value": ["$__all"], "selected": True},
        "options": [],
        "skipUrlSync": False,
    }
