"""What one scope of counties sees of everything the store says. Pure.

The sections of a view are those of GET /api/v1/board. A change of a view is told as
events; `applied` is what a listener makes of them, and ends in the same view.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from sinks.asking import covers
from sinks.board import day as days
from sinks.board.access import Scope
from sinks.board.reading import SPARK_DAYS, Figures, News
from sinks.board.shapes import Row, RuleName, Shape, alert_shape, answer_shape, digest_shape
from sinks.rollup import is_city
from streams.counties import COUNTIES, CountyCode
from streams.names import LEVEL_NAMES, STATUS_NAMES

View = dict[str, Any]

# Section → the event of one item that is new or changed, and what tells items apart.
ITEMS: Final[Mapping[str, tuple[str, str]]] = {
    "alerts": ("alert", "id"),
    "digests": ("digest", "id"),
    "log": ("log", "id"),
    "answers": ("answer", "identity"),
}
WHOLE: Final = ("totals", "day", "consult", "dispatches", "health")  # sent whole


class Setup(NamedTuple):
    """What does not come from the store. must_report: the setting `counties`."""

    zone: ZoneInfo
    cycle: days.Cycle
    rule_names: Mapping[str, RuleName]
    must_report: str


class Known(NamedTuple):
    """What the store said, as of `at`. health: ready for the page."""

    at: datetime
    news: News
    figures: Figures
    health: Shape


def view(known: Known, scope: Scope, setup: Setup) -> View:
    """The board as this scope sees it."""
    news, at = known.news, known.at
    rows = [row for row in news.alerts if covers(scope, row["county"])]
    alerts = [alert_shape(row, setup.rule_names) for row in rows]
    expected = days.expected(setup.must_report, known.figures.presence, at, scope)
    today = at.astimezone(setup.zone).date()
    reported = {row["county"] for row in known.figures.presence if row["day"] == today}
    counties = _counties(known, scope, setup, alerts, expected, reported)
    lists = [
        row for row in news.lists if covers(scope, row["county"]) and not is_city(row["county"])
    ]
    hours = setup.cycle(today).dispatch_hours
    return {
        "day": days.today(at, setup.cycle, setup.zone, expected, reported),
        "alerts": alerts,
        "counties": counties,
        "totals": _totals(counties, alerts, known.figures.cases, scope),
        "digests": [digest_shape(row) for row in news.digests if covers(scope, row["county"])],
        "consult": _consult(lists, alerts),
        "dispatches": _dispatches(lists, alerts, hours),
        "answers": [answer_shape(row) for row in news.answers if covers(scope, row["county"])],
        "log": [row for row in news.log if covers(scope, row["county"])],
        "health": known.health,
    }


def _counties(
    known: Known,
    scope: Scope,
    setup: Setup,
    alerts: Sequence[Shape],
    expected: Sequence[str],
    reported: set[str],
) -> list[Shape]:
    """Counties that said something in two weeks, have to, or have an alert; by code."""
    first = known.at.astimezone(setup.zone).date() - timedelta(days=SPARK_DAYS - 1)
    sparks: defaultdict[str, list[int]] = defaultdict(lambda: [0] * SPARK_DAYS)
    for row in known.figures.sparks:
        place = (row["day"] - first).days
        if 0 <= place < SPARK_DAYS:
            sparks[row["county"]][place] = int(row["n"])
    rolling = {row["county"]: row for row in known.figures.rolling}
    open_: defaultdict[str, list[int]] = defaultdict(list)
    for alert in alerts:
        if alert["status"] != "closed":
            open_[alert["county"]].append(alert["level"])
    codes = {*expected, *sparks, *rolling, *open_}
    found = []
    for code in sorted(codes):
        county = COUNTIES.get(CountyCode(code))
        if county is None or not covers(scope, code):
            continue
        figures = rolling.get(code, {})
        found.append(
            {
                "code": code,
                "name": county.name,
                "city": county.city,
                "longitude": county.longitude,
                "latitude": county.latitude,
                **{name: int(figures.get(name, 0)) for name in ("n_24h", "n_7d", "n_prev_24h")},
                "open_alerts": len(open_[code]),
                "worst_level": min(open_[code], default=0),
                "reported": code in reported,
                "spark": sparks[code],
            }
        )
    return found


def _totals(
    counties: Sequence[Shape], alerts: Sequence[Shape], cases: Sequence[Row], scope: Scope
) -> Shape:
    levels = Counter(alert["level"] for alert in alerts if alert["status"] != "closed")
    seen = [row for row in cases if covers(scope, row["county"])]
    return {
        **{name: sum(one[name] for one in counties) for name in ("n_24h", "n_7d", "n_prev_24h")},
        "open_alerts": levels.total(),
        "by_level": {str(level): levels[level] for level in LEVEL_NAMES},
        "open_cases": sum(int(row["open"]) for row in seen),
        "overdue_cases": sum(int(row["overdue"]) for row in seen),
    }


def _consult(lists: Sequence[Row], alerts: Sequence[Shape]) -> list[Shape]:
    """Matters of the latest consult lists, the gravest first."""
    found = [
        alert
        for paper in _latest(lists, "daily_consult")
        for alert in _listed(paper, alerts, "】{}。")
    ]
    found.sort(key=lambda alert: (alert["level"], alert["county"], alert["window_end"]))
    return [
        {
            "rank": rank,
            **{name: alert[name] for name in ("county", "place", "title", "reason", "level")},
            "alert_id": alert["id"],
            "case_id": "",
        }
        for rank, alert in enumerate(found, 1)
    ]


def _dispatches(lists: Sequence[Row], alerts: Sequence[Shape], hours: Sequence[int]) -> list[Shape]:
    """Matters of the latest dispatch lists: owner, deadline, receipt; what is due first, first."""
    found = []
    for paper in _latest(lists, "daily_dispatch"):
        for alert in _listed(paper, alerts, "| {} |"):
            taken = alert["status"] not in ("firing", "escalated")
            found.append(
                {
                    **{name: alert[name] for name in ("id", "county", "place", "title", "level")},
                    "owner": alert["assigned_to"],
                    "deadline_at": paper["issued_at"] + timedelta(hours=hours[alert["level"] - 1]),
                    "received_at": alert["status_at"] if taken else None,
                    "status": alert["status"],
                    "status_name": STATUS_NAMES[alert["status"]],
                }
            )
    return sorted(found, key=lambda one: (one["deadline_at"], one["county"], one["id"]))


def _latest(lists: Sequence[Row], kind: str) -> list[Row]:
    """Of all counties' lists of a kind, those of the latest window."""
    of_kind = [row for row in lists if row["kind"] == kind]
    end = max((row["window_end"] for row in of_kind), default=None)
    return [row for row in of_kind if row["window_end"] == end]


def _listed(paper: Row, alerts: Sequence[Shape], written: str) -> list[Shape]:
    """The alerts that a list names. written: how it writes a title."""
    start, end = paper["window_start"], paper["window_end"]
    return [
        alert
        for alert in alerts
        if alert["county"] == paper["county"]
        and start <= alert["window_end"] <= end
        and written.format(alert["title"]) in paper["body"]
    ]


Event = tuple[str, Any]  # its name and what it says


def changes(before: View, after: View) -> list[Event]:
    """What to tell a listener who has `before`, so that it has `after`."""
    events: list[Event] = []
    for section, (event, key) in ITEMS.items():
        had = {item[key]: item for item in before[section]}
        # Those at the top are the newest: they are told last, as they came.
        events += [(event, item) for item in reversed(after[section]) if had.get(item[key]) != item]
        events += _gone(section, had, {item[key] for item in after[section]})
    had = {item["code"]: item for item in before["counties"]}
    changed = [item for item in after["counties"] if had.get(item["code"]) != item]
    if changed:
        events.append(("counties", changed))
    events += _gone("counties", had, {item["code"] for item in after["counties"]})
    events += [(name, after[name]) for name in WHOLE if before[name] != after[name]]
    return events


def _gone(section: str, had: Mapping[str, Any], there: set[str]) -> list[Event]:
    gone = [key for key in had if key not in there]
    return [("gone", {"section": section, "ids": gone})] if gone else []


def applied(board: View, event: Event) -> View:
    """What a listener makes of an event; items are in no order."""
    name, said = event
    if name == "gone":
        key = "code" if said["section"] == "counties" else ITEMS[said["section"]][1]
        kept = [one for one in board[said["section"]] if one[key] not in said["ids"]]
        return {**board, said["section"]: kept}
    if name == "counties":
        return {**board, name: _put(board[name], said, "code")}
    for section, (of_item, key) in ITEMS.items():
        if name == of_item:
            return {**board, section: _put(board[section], [said], key)}
    return {**board, name: said}


def _put(items: Sequence[Shape], changed: Sequence[Shape], key: str) -> list[Shape]:
    return list({item[key]: item for item in (*items, *changed)}.values())


def empty_health() -> Shape:
    """While nothing is known to be wrong."""
    return {"state": "ok", "banners": [], "stages": []}
