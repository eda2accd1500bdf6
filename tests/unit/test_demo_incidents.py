"""The demo's day through intake's and tally's deciding code: what is planted is hot, and nothing else is."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from agents.decide import decide
from agents.judge import Judge
from agents.matter import Incident
from agents.prepare import Preparer
from agents.redaction import redact
from agents.rules import Rules
from agents.state import State
from cli import demo_texts as texts
from cli.demo_day import BURST, BURST_CALLS, Day, generate
from cli.simulation.running import Sent
from streams.answers import Alert

ZONE = ZoneInfo("Asia/Shanghai")
END = datetime(2026, 3, 2, 16, 0, tzinfo=ZONE)
AT_ONCE = 2_000


def packs(day: Day) -> Iterator[list[tuple[int, bytes]]]:
    """The day as tally gets it, in batches."""
    preparer = Preparer(
        Judge.load(redact, None, None),
        redact,
        partitions=1,
        ahead=timedelta(minutes=10),
        history=timedelta(days=3_652),
    )
    number = 0
    for start in range(0, len(day.records), AT_ONCE):
        streams = defaultdict(list)
        for record in day.records[start : start + AT_ONCE]:
            streams[record.topic].append(
                Sent(start, record.value, key=record.key, headers=record.headers)
            )
        batch = []
        for stream, records in streams.items():
            for _, pack in preparer.prepare(stream, stream, 0, records, END).packs:
                number += 1
                batch.append((number, pack))
        yield batch


@pytest.fixture(scope="module", params=[1, 2])
def told(request: pytest.FixtureRequest) -> tuple[list[Alert], list[Incident]]:
    """What is raised, and the incidents, when the day is over."""
    rules = Rules.load(None)
    state = State(7, 7)
    alerts: list[Alert] = []
    for batch in packs(generate(END, 20_000, seed=request.param)):
        change = decide(state, batch, rules, ZONE, log=0)
        alerts += change.alerts
        state.apply(change)
    return alerts, list(state.incidents.linked.values())


def test_the_burst_alone_is_a_hot_incident(told: tuple[list[Alert], list[Incident]]) -> None:
    alerts, _ = told
    hot = {(each.county_code, each.incident) for each in alerts if each.rule == "hot-incident"}
    assert [county for county, _ in hot] == [BURST]


def test_the_burst_is_one_incident(told: tuple[list[Alert], list[Incident]]) -> None:
    _, incidents = told
    name = f"{texts.BURST_SPOT}小区"
    sizes = [each.reports for each in incidents if (each.county, each.name) == (BURST, name)]
    assert max(sizes) == BURST_CALLS
