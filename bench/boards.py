"""A year of hourly counts in the store, and how long each question of the boards takes over it.

    python -m bench.boards [--json] [--days 365] [--reports 140000] [--folder DIR]

Made in the embedded engine itself: for 2,845 counties and 33 categories a row wherever an hour
counts something, and no row where it counts nothing; days, expectations, presence, alerts and
cases beside it. Then every question of deploy/grafana is asked three times, over the range with
which its board opens and over the whole year; what counts is the median. --folder keeps the
store, and uses it again.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

from bench.machine import machine
from deploy.grafana.board import VARIABLES
from deploy.grafana.boards import BOARDS
from deploy.grafana.macros import ALL, Picked, Scene, expanded
from deploy.grafana.queries import queries
from sinks import days, migrate
from sinks.store import Store, embedded_dsn

ZONE: Final = "Asia/Shanghai"
TARGET_S: Final = 1.0
_DAYS_OF: Final = {"h": 1 / 24, "d": 1, "w": 7, "M": 30, "y": 365}

# Reports of a month, each with a county, a category, a channel and an hour of its own. A few
# counties and categories have most: places are drawn as powers of evenly spread numbers.
_COUNTS: Final = """
INSERT INTO counts
SELECT
    county, category, channel, hour, 0, count(),
    countIf(gravity = 0), countIf(gravity BETWEEN 1 AND 4), countIf(gravity BETWEEN 5 AND 14), 0,
    countIf(sounded), countIf(sounded AND gravity < 70), countIf(sounded AND gravity > 90),
    -toInt32(countIf(sounded AND gravity < 70)) + toInt32(countIf(sounded AND gravity > 90)), 1
FROM (
    SELECT
        (SELECT groupArray(code) FROM (SELECT code FROM counties FINAL ORDER BY cityHash64(code)))[
            1 + toUInt32(2845 * pow(drawn(1), 2))] AS county,
        (SELECT groupArray(code) FROM (SELECT code FROM categories FINAL ORDER BY cityHash64(code)))[
            1 + toUInt32(33 * pow(drawn(2), 2))] AS category,
        ['phone', 'app', 'grid_app', 'patrol', 'wechat', 'forum'][1 + toUInt32(6 * pow(drawn(3), 2))] AS channel,
        toDateTime('{start}', 'UTC') + INTERVAL toUInt32({days} * drawn(4)) DAY
            + INTERVAL toUInt32(24 * (drawn(5) + drawn(6)) / 2) HOUR AS hour,
        toUInt8(100 * drawn(7)) AS gravity,
        drawn(8) < 0.8 AS sounded
    FROM numbers_mt({reports})
)
GROUP BY county, category, channel, hour
"""
_OTHERS: Final = (
    """INSERT INTO expectations SELECT county, category, day + 1, n, 0, n * 2 + 3, 1 FROM count_days FINAL""",
    """INSERT INTO presence
       SELECT code, toDate('{end}') - number, 3 + number % 5, number % 2, 1
       FROM (SELECT code FROM counties FINAL) AS c, numbers({days}) AS n
       WHERE cityHash64(code, number) % 50 != 0""",
    """INSERT INTO alerts (id, rule, level, county, category, window_start, window_end, observed, `limit`,
           title, reason, history, status, status_at, label, told_at, raised_at, version)
       SELECT leftPad(hex(number), 16, '0'), ['burst', 'surge', 'severity-red', 'overdue-100'][1 + number % 4],
           1 + number % 4, county, category, raised - 3600, raised, 9, 5, '一类事项异常增多', '说明', range(14),
           if(number % 50 = 0, 'firing', 'closed'), raised + 600, ['', '', 'useful', 'not_useful'][1 + number % 4 ],
           raised, raised, 1
       FROM (SELECT number, (SELECT groupArray(code) FROM counties FINAL)[1 + cityHash64(number) % 2845] AS county,
           (SELECT groupArray(code) FROM categories FINAL)[1 + cityHash64(number, 1) % 33] AS category,
           toDateTime('{end}', 'UTC') - cityHash64(number, 2) % ({days} * 86400) AS raised FROM numbers(50000))""",
    """INSERT INTO alert_actions (county, alert_id, identity, action, `by`, at, verdict, version)
       SELECT county, id, cityHash64(id), 'acknowledge', '值班员', raised_at + 300, 'done', 1 FROM alerts FINAL""",
    """INSERT INTO cases (county, case_id, case_version, status, level, updated_at, owner_org, found_at, closed_at, due_at, version)
       SELECT county, toString(number), 3, if(number % 8 = 0, 'accepted', 'resolved'), 1 + number % 4, found + 3600,
           concat('单位', toString(number % 12)), found, if(number % 8 = 0, NULL, found + 200000), found + 400000, 1
       FROM (SELECT number, (SELECT groupArray(code) FROM counties FINAL)[1 + cityHash64(number) % 2845] AS county,
           toDateTime('{end}', 'UTC') - cityHash64(number, 2) % ({days} * 86400) AS found FROM numbers(300000))""",
    """INSERT INTO case_days (county, level, owner_org, day, found, closed, resolved, due, on_time, response_due, responded, called_back, solved, satisfied, version)
       SELECT county, level, owner_org, toDate(found_at), count(), count(), count(), count(), count(), count(), count(), count(), count(), count(), 1
       FROM cases FINAL GROUP BY 1, 2, 3, 4""",
    """INSERT INTO incidents (county, incident, category, name, opened_at, last_at, reports, channels, first_channel, severity, excerpt, version)
       SELECT county, leftPad(hex(number), 16, '0'), category, '某小区', at - 86400, at, 1 + number % 6, map('phone', 1), 'phone', number % 5, '', 1
       FROM (SELECT number, (SELECT groupArray(code) FROM counties FINAL)[1 + cityHash64(number) % 2845] AS county,
           (SELECT groupArray(code) FROM categories FINAL)[1 + cityHash64(number, 1) % 33] AS category,
           toDateTime('{end}', 'UTC') - cityHash64(number, 2) % ({days} * 86400) AS at FROM numbers(300000))""",
    """INSERT INTO dead_letters (topic, partition, offset, reason, county, at, version)
       SELECT 'hotline-calls', number % 4, number, ['malformed', 'identity_field'][1 + number % 2], '620702',
           toDateTime('{end}', 'UTC') - number * 300, 1 FROM numbers(100000)""",
    """INSERT INTO digests (id, kind, county, window_start, window_end, issued_at, title, version)
       SELECT hex(cityHash64(county, day)), 'daily_report', county, day - 1, day, toDateTime(day), '日报告', 1 FROM presence FINAL""",
    """INSERT INTO pipeline_health
       SELECT arrayJoin(['intake', 'tally', 'sink']), toDateTime('{end}', 'UTC'), 'Stable', 1, 24, 9, 9, 0, 0, toUnixTimestamp(now()) * 1000""",
)


class Took(NamedTuple):
    """A question, over the range with which its board opens or the year: medians.

    cpu_s: of all threads; on two cores that do nothing else half of it is the least it takes.
    """

    name: str
    range: str
    seconds: float
    cpu_s: float
    rows: int


def loaded(store: Store, end: datetime, length: int, reports: int) -> dict[str, float]:
    """Make the year up to `end`; seconds per step."""
    took: dict[str, float] = {}

    def timed(name: str, run: Any) -> None:
        started = time.perf_counter()
        run()
        took[name] = time.perf_counter() - started

    def counts() -> None:
        done = 0
        while done < length:
            some = min(30, length - done)
            sql = _COUNTS.format(
                start=f"{end - timedelta(days=done + some):%Y-%m-%d %H:%M:%S}",
                days=some,
                reports=some * reports,
            )
            # Two draws of one row must differ: each has a number of its own.
            for number in range(1, 9):
                sql = sql.replace(f"drawn({number})", f"randCanonical({number})")
            store.command(sql)
            done += some

    timed("counts", counts)
    timed("count_days", lambda: days.work_out(store, ZONE, days.stale(store, ZONE)))
    for sql in _OTHERS:
        table = sql.split()[2]
        timed(
            table,
            lambda sql=sql: store.command(sql.format(end=f"{end:%Y-%m-%d %H:%M:%S}", days=length)),
        )
    return took


def settled(store: Store) -> None:
    """As a server leaves it within the hour: months that are over are one part each."""
    month = store.query(
        "SELECT max(partition) AS last FROM system.parts WHERE table = 'count_days' AND active"
    )[0]["last"]
    for row in store.query(
        "SELECT DISTINCT table, partition FROM system.parts "
        "WHERE table IN ('count_days', 'expectations') AND active"
    ):
        if row["partition"] < month:
            store.command(f"OPTIMIZE TABLE {row['table']} PARTITION {row['partition']} FINAL")


def asked(store: Store, end: datetime, length: int, runs: int) -> Iterator[Took]:
    """Every question over its board's own range, and over the year."""
    variables = {name: Picked(ALL) for name in VARIABLES}
    for name, (_, text) in VARIABLES.items():
        rows = store.query(expanded(text, Scene(end - timedelta(days=1), end, variables=variables)))
        variables[name] = Picked(ALL, [str(row["value"]) for row in rows])
    opens = {board.uid: _length(board.since) for board in BOARDS}
    for query in queries():
        own = opens.get(query.board, timedelta(days=1))
        for label, span in (("own", own), ("year", timedelta(days=length))):
            sql = expanded(query.text, Scene(end - span, end, _interval_s(span), variables))
            walls, cpus, rows = [], [], 0
            for _ in range(runs):
                started, cpu = time.perf_counter(), time.process_time()
                rows = len(store.query(sql))
                walls.append(time.perf_counter() - started)
                cpus.append(time.process_time() - cpu)
            yield Took(query.name, label, statistics.median(walls), statistics.median(cpus), rows)


def _interval_s(span: timedelta) -> int:
    """Of a point on an axis of some 800."""
    return max(3_600, int(span.total_seconds() // 800))


def _length(since: str) -> timedelta:
    """
    >>> _length("now-24h"), _length("now-4w/w").days
    (datetime.timedelta(days=1), 28)
    """
    told = since.partition("-")[2].partition("/")[0]
    return timedelta(days=int(told[:-1]) * _DAYS_OF[told[-1]]) if told else timedelta(days=1)


def main() -> int:
    """Load, ask, and print; 1 if a question took longer than it may."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.boards", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--reports", type=int, default=140_000, help="a day, of the whole country")
    parser.add_argument("--runs", type=int, default=3, help="of each question")
    parser.add_argument("--folder", type=Path, help="keep the store here, and use it again")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.folder or Path(scratch) / "store"
        kept = folder.exists()
        with Store.open(embedded_dsn(folder)) as store:
            migrate.apply(store, end)
            loading = {} if kept else loaded(store, end, given.days, given.reports)
            settled(store)
            tables = store.query(
                "SELECT table, sum(rows) AS rows, sum(bytes_on_disk) AS bytes FROM system.parts "
                "WHERE active AND database = currentDatabase() GROUP BY table ORDER BY rows DESC LIMIT 8"
            )
            for table in tables:
                sys.stderr.write(
                    f"{table['table']}: {table['rows']:,} rows, {table['bytes'] / 1e6:,.0f} MB\n"
                )
            for name, seconds in loading.items():
                sys.stderr.write(f"  {name} loaded in {seconds:.1f} s\n")
            found = []
            for took in asked(store, end, given.days, given.runs):
                found.append(took)
                sys.stderr.write(
                    f"{took.seconds:7.3f} s  cpu {took.cpu_s:6.3f} s  {took.range:4}  {took.rows:7,} rows  {took.name}\n"
                )
    slow = [took for took in found if took.seconds > TARGET_S]
    sys.stderr.write(f"{len(found)} questions, {len(slow)} of them over {TARGET_S:g} s\n")
    if given.json:
        print(
            json.dumps(
                {
                    "tables": tables,
                    "loading_s": loading,
                    "questions": [took._asdict() for took in found],
                    "machine": machine(),
                },
                ensure_ascii=False,
            )
        )
    return bool(slow)


if __name__ == "__main__":
    sys.exit(main())
