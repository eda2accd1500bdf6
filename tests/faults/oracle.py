"""What the store must say, worked out from the published file alone, one line at a time.

Plain Python that shares nothing with the product but its tables of counties and
categories. Every statement is a Counter, so that a store is compared by
subtraction: what is missing, what is there beyond.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from streams.categories import CATEGORIES
from streams.counties import COUNTIES
from tests.faults.traffic import CITIES, EDGE, Line

# table → statements, each with how often it holds
Statements = dict[str, Counter[Any]]

TABLES: Final = (
    "counts",  # (county, category, channel, hour since 1970, severity or 0)
    "presence",  # (county, day its window ends on, grid or zero)
    "cases",  # (county, case, version, status, level, owner)
    "case_steps",  # (county, case, version, status, verdict)
    "case_days",  # (county, level, owner, day, found or found_resolved)
    "actions",  # (county, alert, action); none, since nobody raised what they are about
    "duty_log",  # (county, kind, digest, note)
    "alerts",  # (rule, county, category, start of its window in seconds)
    "counted",  # (county, stream, source)
    "repeats",  # (county, stream, source)
    "dead_letters",  # (topic, partition, offset, reason)
)
LIVE: Final = EDGE[0]  # nothing on the edge raises an alert
BURST_LIMIT: Final = 20  # as in tests/faults/rules.yaml
_AHEAD: Final = timedelta(minutes=10)
_HISTORY: Final = timedelta(days=3652)
_ZONE: Final = ZoneInfo("Asia/Shanghai")
_WINDOW_END_HOUR: Final = 16
_PERSONAL: Final = frozenset({"phone", "caller_name"})
_CHANNELS: Final = frozenset(
    {"grid_app", "patrol", "window", "phone", "web", "letter", "news", "forum", "message_board"}
)
_KNOWN: Final = frozenset(
    {"county_code", "occurred_at", "reported_at", "category", "severity", "text", "channel"}
    | {"people_band", "on_site_resolved", "is_zero_report", "demand_type", "repeat"}
    | {"platform_class", "geo_confidence", "case_id", "version", "status", "level", "owner_org"}
    | {"alert_id", "action", "by", "kind", "digest_id", "note"}
)


def truth_of(
    lines: Iterable[Line], now: datetime, texts: Mapping[str, tuple[str, int]]
) -> Statements:
    """All statements that follow from the lines, whatever order they are read in.

    now: when they are published. texts: text → its category, which goes before the one an
    event declares, and its severity, of which the graver stands.
    """
    oracle = _Oracle(now, texts)
    for line in lines:
        oracle.take(line)
    return oracle.statements()


class _Oracle:
    def __init__(self, now: datetime, texts: Mapping[str, tuple[str, int]]) -> None:
        self._now = now
        self._texts = texts
        self._seen: set[tuple[str, str]] = set()
        self._cases: dict[tuple[str, str], dict[int, dict[str, Any]]] = {}
        self._found: Statements = {table: Counter() for table in TABLES}

    def take(self, line: Line) -> None:
        one = _event(line)
        reason = "malformed" if one is None else self._refusal(one["data"])
        if one is None or reason:
            self._found["dead_letters"][line.topic, line.partition, line.offset, reason] += 1
            return
        data = one["data"]
        if line.topic == "alert-actions":  # on alerts that nobody raised
            self._found["dead_letters"][
                line.topic, line.partition, line.offset, "unknown_alert"
            ] += 1
            return
        key = (data["county_code"], line.topic, one["source"])
        if (one["source"], one["id"]) in self._seen:
            self._found["repeats"][key] += 1
            return
        self._seen.add((one["source"], one["id"]))
        self._found["counted"][key] += 1
        if line.topic == "case-updates":
            of_case = self._cases.setdefault((data["county_code"], data["case_id"]), {})
            of_case[data["version"]] = data
        elif line.topic == "duty-log":
            entry = (data["kind"], data.get("digest_id", ""), data.get("note", ""))
            self._found["duty_log"][data["county_code"], *entry] += 1
        else:
            self._count(line.topic, data)

    def _refusal(self, data: dict[str, Any]) -> str:
        """Why an event is refused; empty when it is not."""
        if _PERSONAL & data.keys():
            return "identity_field"
        if data.keys() - _KNOWN or data.get("channel", "phone") not in _CHANNELS:
            return "malformed"
        reported = datetime.fromisoformat(data["reported_at"])
        if not -_HISTORY < reported - self._now < _AHEAD:
            return "time_out_of_range"
        places = (*COUNTIES, *CITIES) if "kind" in data else COUNTIES
        return "" if data["county_code"] in places else "unknown_county"

    def _count(self, stream: str, data: dict[str, Any]) -> None:
        county = data["county_code"]
        reported = datetime.fromisoformat(data["reported_at"])
        second = int(reported.timestamp())
        zero = data.get("is_zero_report", False)
        if stream == "grid-reports":
            local = reported.astimezone(_ZONE)
            day = local.date() + timedelta(days=local.hour >= _WINDOW_END_HOUR)
            self._found["presence"][county, str(day), "zero" if zero else "grid"] += 1
        if zero:
            return
        category, judged = self._texts.get(data.get("text", ""), ("", 0))
        category = category or data.get("category", "S99")
        if category not in CATEGORIES:
            category = "S99"
        channel = data.get("channel") or data["platform_class"]
        band = {"30+": 2, "10-29": 3}.get(data.get("people_band", ""), 0)
        severity = min(
            (each for each in (judged, band, data.get("severity", 0)) if each), default=0
        )
        self._found["counts"][county, category, channel, second // 3600, severity] += 1
        if self._now - reported < LIVE:
            if severity == 1:
                self._found["alerts"]["red", county, category, second] += 1
            if data.get("people_band") == "30+":
                self._found["alerts"]["large-group", county, category, second] += 1

    def statements(self) -> Statements:
        for (county, name), versions in self._cases.items():
            self._tell_case(county, name, [versions[version] for version in sorted(versions)])
        hours: Counter[tuple[str, str, int]] = Counter()
        for (county, category, _, hour, _), n in self._found["counts"].items():
            if category != "S99" and datetime.fromtimestamp(hour * 3600, UTC) > self._now - LIVE:
                hours[county, category, hour] += n
        for (county, category, hour), n in hours.items():
            if n >= BURST_LIMIT:
                self._found["alerts"]["burst-hour", county, category, hour * 3600] += 1
        return self._found

    def _tell_case(self, county: str, name: str, way: list[dict[str, Any]]) -> None:
        """way: all its updates, in order; each is the usual one after the one before."""
        last = way[-1]
        level, owner = last["level"], last.get("owner_org", "")
        case = (county, name, last["version"], last["status"], level, owner)
        self._found["cases"][case] += 1
        for data in way:
            step = (county, name, data["version"], data["status"], "legal")
            self._found["case_steps"][step] += 1
        found = datetime.fromisoformat(way[0]["reported_at"]).astimezone(_ZONE)
        day = (county, level, owner, str(found.date()))
        self._found["case_days"][*day, "found"] += 1
        if last["status"] in ("resolved", "verified"):
            self._found["case_days"][*day, "found_resolved"] += 1


def _event(line: Line) -> dict[str, Any] | None:
    """The event in a record, structured or binary; None when it is none."""
    try:
        body = json.loads(line.value)
    except ValueError:
        return None
    attributes = {
        name.removeprefix("ce_"): value.decode()
        for name, value in line.headers
        if name.startswith("ce_")
    }
    return {**attributes, "data": body} if attributes else body
