"""The benchmarks' peers: the light job is the same as the pipeline's, and the meter ends in time."""

import json

import pytest

from agents.decode import Decoder, identity
from bench.load import hotline_calls
from bench.peers import KEEPS, PEERS, light
from bench.peers.meter import Meter
from bench.peers.run import COMMANDS, row_of


def test_every_peer_has_a_command_and_says_what_it_keeps() -> None:
    assert PEERS.keys() == KEEPS.keys() == COMMANDS.keys()


def test_the_light_job_knows_an_event_by_the_same_identity() -> None:
    whole = Decoder("hotline-calls")
    for record in hotline_calls("calls", 50, 1, "test"):
        assert light.identity(light.decode(record.value)) == identity(whole.decode(record.value))


def test_a_call_adds_to_one_count_of_its_county_category_channel_and_hour() -> None:
    data = light.Data("620702", "2026-11-20T08:15:00+08:00", "phone", "包工头拖欠工资三个月不给")
    assert light.Cells().of(light.Call("/test", "1", data)) == "620702|D09|phone|2026-11-20T08"


def test_a_repeat_is_on_its_originals_partition() -> None:
    partitions: dict[str, set[int | None]] = {}
    events = 0
    for record in hotline_calls("calls", 2_000, 1, "test"):
        events += 1
        partitions.setdefault(json.loads(record.value)["id"], set()).add(record.partition)
    assert len(partitions) < events
    assert all(len(found) == 1 for found in partitions.values())


def test_the_meter_ends_with_the_last_record_after_a_restart_too(
    capsys: pytest.CaptureFixture[str],
) -> None:
    meter = Meter(10)  # four and six records in two partitions, three and two read before
    meter.begin()
    last = [meter.read(0, 3)] + [meter.read(1, offset) for offset in (2, 3, 4, 5)]
    meter.end()
    meter.report(counted=9, identities=9)
    assert last == [False, False, False, False, True]
    said = capsys.readouterr()
    assert row_of(said.out)["events"] == 5
    assert said.err.splitlines()[-1] == "100 %"
