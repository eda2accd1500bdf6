"""Asks a store that holds the demo's day as Grafana would, through what lets others only read."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

from cli.demo_day import BURST, CITY
from cli.demo_truth import last_window_end
from deploy.grafana.macros import ALL, Picked, Scene, expanded
from deploy.grafana.queries import Query
from sinks import migrate
from sinks.engine import Asked, Engine
from sinks.store import Store, embedded_dsn
from streams.categories import CATEGORIES
from streams.counties import in_city
from tests.boards.day import ZONE, DemoDay

CITY_CODE: Final = f"{CITY}00"
# What readers pick. The county is the one of the burst, which has something of everything.
SETTINGS: Final[Mapping[str, Mapping[str, Any]]] = {
    "all": {},
    "city": {"city": [CITY_CODE]},
    "county": {"county": [BURST]},
    "counties and a category": {"county": [BURST, "620702"], "category": ["S01"]},
    "a quarter": {"days": 90},
}


class Answer(NamedTuple):
    """Columns with their types, and rows by column."""

    types: dict[str, str]
    rows: list[dict[str, Any]]


class Asking:
    """Asks the store that holds the demo's day as Grafana would."""

    def __init__(self, store: Store, day: DemoDay) -> None:
        self.store = store
        self._engine = Engine(store)
        self.day = day
        self._answers: dict[tuple[str, str], Answer] = {}

    def scene(self, days: float = 1, **picked: list[str]) -> Scene:
        """picked: of city, county and category; All of what is not named."""
        offered: dict[str, list[str]] = {
            "city": [CITY_CODE],
            "county": list(in_city(CITY)),
            "category": list(CATEGORIES),
        }
        return Scene(
            self.day.until - timedelta(days=days),
            self.day.until,
            variables={
                name: Picked(picked.get(name, [ALL]), options) for name, options in offered.items()
            },
        )

    def ask(self, text: str, scene: Scene) -> Answer:
        sql = expanded(text, scene)
        asked = Asked(sql.encode(), {}, {}, "default", "JSON", may_write=False)
        found = json.loads(self._engine.run(asked).body)
        return Answer({one["name"]: one["type"] for one in found["meta"]}, found["data"])

    def answer(self, query: Query, setting: str) -> Answer:
        """Of a query under one of SETTINGS; asked once."""
        key = query.name, setting
        if key not in self._answers:
            scene = self.scene(**SETTINGS[setting])
            self._answers[key] = self.ask(query.text, scene)
        return self._answers[key]


@contextmanager
def over_the_demo_day(folder: Path) -> Iterator[Asking]:
    """A store in the folder, filled; closed when left."""
    now = datetime.now(UTC)
    with Store.open(embedded_dsn(folder / "store"), create=True) as store:
        migrate.apply(store, now)
        yield Asking(store, DemoDay(store, last_window_end(now, ZONE)))
