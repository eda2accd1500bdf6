"""What came of the demo's day, read from the store, beside what must have come of it."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from agents.rules import Rules, of_single_incidents
from cli.demo_day import CITY
from cli.demo_texts import SECRETS
from cli.demo_truth import Truth
from sinks.store import Store
from streams.counties import in_city

_SHOWN_PER_KIND: Final = 8

_LEDGER: Final = """
    SELECT county, stream, sum(counted) AS counted, sum(duplicates) AS duplicates
    FROM ledger FINAL WHERE runid = {runid:String} GROUP BY county, stream
"""
_COUNTS: Final = """
    SELECT county, category, channel, toUnixTimestamp(hour) AS second, sum(n) AS n
    FROM counts FINAL GROUP BY county, category, channel, hour
"""
_PRESENCE: Final = """
    SELECT county, day, grid_reports, zero_reports FROM presence FINAL WHERE day > {after:Date}
"""
_KEPT_TEXTS: Final = {
    "alerts": "SELECT concat(title, reason, excerpt) AS text FROM alerts FINAL",
    "digests": "SELECT concat(title, body) AS text FROM digests FINAL",
    "dead_letters": "SELECT concat(path, expected, preview, source) AS text FROM dead_letters FINAL",
}


class Found(NamedTuple):
    """What the store holds, in the shapes of Truth. leaks: tables with personal data in them."""

    counted: Counter[tuple[str, str]]
    duplicates: Counter[tuple[str, str]]
    dead_letters: Counter[tuple[str, str]]  # SHA-256, reason
    counts: Counter[tuple[str, str, str, int]]
    presence: dict[tuple[str, str], list[int]]
    cases: dict[tuple[str, str], tuple[int, str]]
    alerts: Counter[tuple[str, str, str]]
    digests: set[tuple[str, str]]
    window: dict[str, int]
    leaks: list[str]


def answered(store: Store, runid: str) -> int:
    """Events that are counted, dropped as duplicates, or dead letters by now."""
    [ledger] = store.query(
        "SELECT sum(counted + duplicates) AS n FROM ledger FINAL WHERE runid = {runid:String}",
        {"runid": runid},
    )
    [letters] = store.query("SELECT count() AS n FROM dead_letters FINAL")
    return int(ledger["n"]) + int(letters["n"])


def read(store: Store, runid: str, presence_after: date) -> Found:
    """Everything the demo is judged by. The store holds nothing but the demo."""
    since = {"after": presence_after}
    ledger = store.query(_LEDGER, {"runid": runid})
    letters = store.query("SELECT sha256, reason FROM dead_letters FINAL")
    alerts = store.query("SELECT rule, county, category FROM alerts FINAL")
    digests = store.query("SELECT kind, county, figures FROM digests FINAL ORDER BY edition")
    presence = store.query(_PRESENCE, since)
    cases = store.query("SELECT county, case_id, case_version, status FROM cases FINAL")
    return Found(
        counted=_sums(ledger, "counted"),
        duplicates=_sums(ledger, "duplicates"),
        dead_letters=Counter((row["sha256"], row["reason"]) for row in letters),
        counts=Counter(
            {
                (row["county"], row["category"], row["channel"], int(row["second"]) // 3600): int(
                    row["n"]
                )
                for row in store.query(_COUNTS)
            }
        ),
        presence={
            (row["county"], _iso(row["day"])): [row["grid_reports"], row["zero_reports"]]
            for row in presence
        },
        cases={
            (row["county"], row["case_id"]): (row["case_version"], row["status"]) for row in cases
        },
        alerts=Counter((row["rule"], row["county"], row["category"]) for row in alerts),
        digests={(row["kind"], row["county"]) for row in digests},
        window={
            row["county"]: int(row["figures"].get("total", 0))
            for row in digests
            if row["kind"] == "daily_report"
        },
        leaks=[
            table
            for table, sql in _KEPT_TEXTS.items()
            if any(secret in row["text"] for row in store.query(sql) for secret in SECRETS)
        ],
    )


def _sums(ledger: list[dict[str, Any]], measure: str) -> Counter[tuple[str, str]]:
    return Counter({(row["county"], row["stream"]): int(row[measure]) for row in ledger})


def _iso(day: Any) -> str:
    return day.date().isoformat() if isinstance(day, datetime) else str(day.isoformat())


def differences(truth: Truth, found: Found) -> list[str]:
    """Every number that is not as it must be, in words; empty when all are.

    Which reports are one matter is judged, not known: alerts about single incidents, and the
    lists that such alone bring about, are shown and not compared.
    """
    judged = {key for key in found.alerts if key[0] in of_single_incidents(Rules.load())}
    alerts = {key: n for key, n in found.alerts.items() if key not in judged}
    lists = {
        (kind, county) for _, county, _ in judged for kind in ("daily_consult", "daily_dispatch")
    }
    digests = {*truth.digests, *(lists & {*found.digests})}
    letters = Counter((sha256, reason) for sha256, (_, reason) in truth.dead_letters.items())
    county = {sha256: county for sha256, (county, _) in truth.dead_letters.items()}
    pairs: dict[str, tuple[dict[Any, Any], dict[Any, Any]]] = {
        "counted": (truth.counted, found.counted),
        "duplicates": (truth.duplicates, found.duplicates),
        "dead letters": (_by_county(letters, county), _by_county(found.dead_letters, county)),
        "dead letter": (letters, found.dead_letters),
        "reports": (truth.counts, found.counts),
        "presence": (truth.presence, found.presence),
        "case": (truth.cases, found.cases),
        "alerts": (truth.alerts, alerts),
        "digests": (dict.fromkeys(digests, 1), dict.fromkeys(found.digests, 1)),
        "reports in the daily report": (truth.window, found.window),
    }
    lines = [line for what, pair in pairs.items() for line in _unequal(what, *pair)]
    return lines + [f"personal data kept in {table}" for table in found.leaks]


def _by_county(
    letters: Counter[tuple[str, str]], county: dict[str, str]
) -> Counter[tuple[str, str]]:
    sums: Counter[tuple[str, str]] = Counter()
    for (sha256, reason), n in letters.items():
        sums[county.get(sha256, "an event that is not bad"), reason] += n
    return sums


def _unequal(what: str, truth: dict[Any, Any], found: dict[Any, Any]) -> Iterator[str]:
    """Lines for the keys whose values differ; absent and 0 are the same."""
    keys = sorted({*truth, *found}, key=str)
    wrong = [key for key in keys if (truth.get(key) or 0) != (found.get(key) or 0)]
    for key in wrong[:_SHOWN_PER_KIND]:
        name = " ".join(map(str, key)) if isinstance(key, tuple) else str(key)
        yield f"{what} {name}: {found.get(key) or 0}, not {truth.get(key) or 0}"
    if len(wrong) > _SHOWN_PER_KIND:
        yield f"{what}: {len(wrong) - _SHOWN_PER_KIND} more"


class CountyLine(NamedTuple):
    """What became of one county's events."""

    county: str
    published: int
    counted: int
    duplicates: int
    dead_letters: dict[str, int]
    alerts: dict[str, int]


def by_county(truth: Truth, found: Found) -> list[CountyLine]:
    """One line per county, as found; only `published` is of the truth."""
    place = {sha256: county for sha256, (county, _) in truth.dead_letters.items()}
    letters = _by_county(found.dead_letters, place)
    return [
        CountyLine(
            county,
            truth.published[county],
            _of(county, found.counted.items()),
            _of(county, found.duplicates.items()),
            {reason: n for (where, reason), n in sorted(letters.items()) if where == county},
            {rule: n for (rule, where, _), n in sorted(found.alerts.items()) if where == county},
        )
        for county in in_city(CITY)
    ]


def _of(county: str, sums: Iterable[tuple[tuple[str, str], int]]) -> int:
    return sum(n for (where, _), n in sums if where == county)
