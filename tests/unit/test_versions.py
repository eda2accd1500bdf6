"""What the version before wrote is read, what the one after writes is read or refused, and shapes only grow."""

import json
import re
import shutil
import struct
from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import xxhash
from msgspec import defstruct

from agents import change as changes
from agents.change import Change
from agents.decide import decide
from streams import formats, journal, packs
from streams.errors import Fatal
from streams.formats import JOURNAL, PACKS, TOTALS
from streams.incidents import CHANNELS
from streams.journal import Claim, Entry, Part, Position, Snapshot
from streams.journal_file import FileJournal
from streams.journal_reading import Reading
from streams.packs import FORMAT, Pack, decode_pack
from streams.totals import Totals, decode_totals
from tests.versions import records, shapes
from tests.versions.checkout import commit_of
from tests.versions.records import JOURNAL as JOURNAL_FILE
from tests.versions.records import differences, known_as, read_as
from tests.versions.story import RULES, START, ZONE, TopicOfBytes, prepared, preparer, recovered

VERSIONS = sorted(path.parent for path in Path(records.__file__).parent.glob("*/expected.json"))


@pytest.fixture(scope="module", params=[*VERSIONS, None], ids=[*(v.name for v in VERSIONS), "now"])
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The records of an earlier version, and of this one, written just now."""
    if request.param is not None:
        return Path(request.param)
    folder = tmp_path_factory.mktemp("versions") / "now"
    records.write(folder)
    return folder


def test_there_is_a_version_before_and_its_commit_is_known() -> None:
    assert VERSIONS
    for folder in VERSIONS:
        assert re.fullmatch("[0-9a-f]{40}", commit_of(folder))


def test_packs_and_outputs_are_read_as_they_were_meant(written: Path) -> None:
    found, expected = records.read(written)
    assert not differences(expected["read"], read_as(found))
    assert all(found.outputs.values())


async def test_the_journal_on_its_topic_brings_back_what_was_known(written: Path) -> None:
    found, expected = records.read(written)
    known = await recovered(TopicOfBytes(found.journal))
    assert not differences(expected["known"], known_as(known))
    held = [journal.decode(value) for _, value in found.journal if value is not None]
    assert {type(record) for record in held} == {Claim, Entry, Part, Snapshot}


async def test_the_journal_in_a_file_brings_back_what_was_known(
    written: Path, tmp_path: Path
) -> None:
    """Its offsets are of a log that the broker has forgotten: nothing of the new one is applied."""
    _, expected = records.read(written)
    shutil.copy(written / JOURNAL_FILE, tmp_path)
    known = await recovered(FileJournal(tmp_path, 0))
    assert not differences({**expected["known"], "applied": -1}, known_as(known))


async def test_events_that_were_counted_are_known_again(written: Path) -> None:
    """The same event gets the same identity, so what is published again after an upgrade is a repeat."""
    found, _ = records.read(written)
    known = await recovered(TopicOfBytes(found.journal))
    events = [(stream, offset + 1_000, value) for stream, offset, value in found.events]
    dead = repeats = refused = 0
    for made in prepared(preparer(), events, START + timedelta(days=1)):
        dead += len(made.dead)
        for _, pack in made.packs:
            change = decide(known.state, [(1_000, pack)], RULES, ZONE, 0)
            assert not any(ids for _, ids in change.identities)
            repeats += sum(row.duplicates for row in change.ledger)
            refused += len(change.dead)
    # What broke its contract, and the action on an alert that nobody raised, are answered again.
    assert (dead, refused) == (1, 1)
    assert repeats == len(events) - dead - refused


# -- what comes after this version ------------------------------------------------


def one_more_field(kind: type[Any]) -> Callable[[Any], bytes]:
    """Writes as a version would that has added a field at the end."""
    later = defstruct(
        f"Later{kind.__name__}",
        [("later", str, "to come")],
        bases=(kind,),
        tag=kind.__struct_config__.tag,
        array_like=True,
    )

    def write(value: Any) -> bytes:
        fields = {name: getattr(value, name) for name in value.__struct_fields__}
        return msgspec.msgpack.encode(later(**fields))

    return write


def test_a_field_at_the_end_is_passed_over_by_the_version_before() -> None:
    pack = Pack(FORMAT, 7, "hotline-calls", [("/a", "")])
    assert decode_pack(one_more_field(Pack)(pack)) == pack
    totals = Totals(TOTALS.writes, 1, 0)
    assert decode_totals(one_more_field(Totals)(totals)) == totals
    change = Change(7, marks=[("daily_report", 20_000)])
    assert changes.decode(one_more_field(Change)(change)) == change
    for record in (
        Claim("me"),
        Entry("me", 0, 1, 5, b"body", 9),
        Part("a", b"body"),
        Snapshot("me", 1, 1, 0, 5, 9, ["a"], []),
    ):
        assert journal.decode(one_more_field(type(record))(record)) == record


@pytest.mark.parametrize(
    ("known", "read", "whole"),
    [
        (PACKS, decode_pack, Pack(PACKS.newest + 1, 7, "hotline-calls", [])),
        (TOTALS, decode_totals, Totals(TOTALS.newest + 1, 1, 0)),
    ],
)
def test_a_format_to_come_stops_with_a_sentence_whatever_its_shape(
    known: formats.Format, read: Callable[[bytes], Any], whole: Pack | Totals
) -> None:
    """Fatal, so that the guard does not take it for poison: nothing is set aside, nothing lost."""
    later = rf"{known.what} of format {known.newest + 1}, by a newer version.*start the newer"
    other = msgspec.msgpack.encode([known.newest + 1, {"of": "another shape"}])
    for value in (packs.encode(whole), other):
        with pytest.raises(Fatal, match=later):
            read(value)


def test_a_format_of_long_ago_asks_for_a_version_between() -> None:
    with pytest.raises(Fatal, match=r"by an older version.*a version between the two"):
        decode_pack(packs.encode(Pack(PACKS.oldest - 1, 7, "hotline-calls", [])))


def test_what_is_no_pack_at_all_is_poison_as_before() -> None:
    for value in (b"", b"no pack", msgspec.msgpack.encode([FORMAT, "not a time"])):
        with pytest.raises(msgspec.DecodeError):
            decode_pack(value)


def reading(*later: journal.Record) -> Reading:
    found = Reading(Position())
    for record in (Claim("me"), Entry("me", 0, 1, 5, b"one"), *later):
        found.take(record)
    return found


def test_a_journal_of_a_format_to_come_stops_the_version_before() -> None:
    newer = JOURNAL.newest + 1
    entry = Entry("me", 1, 2, 6, b"two", 0, newer)
    snapshot = Snapshot("me", 1, 1, 0, 5, 9, [], [], newer)
    for record in (entry, snapshot):
        with pytest.raises(Fatal, match=f"journal of format {newer}"):
            reading(record).recovered("here")


def test_what_a_lost_owner_or_one_before_the_snapshot_wrote_stops_nobody() -> None:
    newer = JOURNAL.newest + 1
    lost = Entry("another", 1, 2, 6, b"two", 0, newer)
    assert reading(lost).recovered("here").entries == [b"one"]
    entry = Entry("me", 1, 2, 6, b"two", 0, newer)
    snapshot = Snapshot("me", 1, 2, 0, 6, 9, [], [], JOURNAL.newest)
    assert reading(entry, snapshot).recovered("here").entries == []


def test_a_record_or_change_of_a_shape_to_come_stops_with_a_sentence() -> None:
    for value in (["z", "me"], ["e", "me", "not a number"]):
        with pytest.raises(Fatal, match="a shape that this version of huishang does not know"):
            journal.decode(msgspec.msgpack.encode(value))
    with pytest.raises(Fatal, match="a shape that this version of huishang does not know"):
        changes.decode(msgspec.msgpack.encode([7, "not identities"]))


def test_the_journal_tells_the_format_of_what_it_holds() -> None:
    position = Position()
    assert position.entry(0, b"").format == JOURNAL.writes
    assert position.snapshot([], []).format == JOURNAL.writes


def test_each_version_reads_what_it_writes() -> None:
    for known in (PACKS, TOTALS, JOURNAL):
        assert known.oldest <= known.writes <= known.newest


async def test_a_file_with_a_record_to_come_is_left_as_it_is(tmp_path: Path) -> None:
    """So the newer version, started again, finds all of it."""
    later = msgspec.msgpack.encode(["z", "to come"])
    frame = struct.pack("<II", len(later), xxhash.xxh32_intdigest(later)) + later
    file = tmp_path / JOURNAL_FILE
    shutil.copy(VERSIONS[0] / JOURNAL_FILE, file)
    with file.open("ab") as frames:
        frames.write(frame)
    before = file.read_bytes()
    with pytest.raises(Fatal, match="does not know"):
        await recovered(FileJournal(tmp_path, 0))
    assert file.read_bytes() == before


def test_what_stages_answer_may_say_more(written: Path) -> None:
    found, _ = records.read(written)
    for topic in ("alerts", "digests", "dead-letters"):
        found.outputs[topic] = [
            json.dumps({**json.loads(value), "later": 1}).encode() for value in found.outputs[topic]
        ]
    assert read_as(found)["rows"] == read_as(records.read(written)[0])["rows"]


# -- shapes -------------------------------------------------------------------------


def test_the_listing_of_shapes_is_kept_and_nothing_in_it_was_broken() -> None:
    before, now = shapes.kept(), shapes.listed()
    assert shapes.mistakes(before, now) == []
    assert json.loads(json.dumps(now)) == before, "run python -m tests.versions"


def changed(*way: Any, to: Any = None, last: bool = False) -> shapes.Listing:
    """The listing with something in it set, moved to the end, or taken out."""
    listing = deepcopy(shapes.kept())
    held: Any = listing
    for step in way[:-1]:
        held = held[step]
    if to is not None:
        held[way[-1]] = to
    elif last:
        held[way[-1]] = held.pop(way[-1])
    else:
        del held[way[-1]]
    return listing


PACK = ("packs", "structs", "Pack", "fields")
KIND = ("answers", "structs", "Digest", "fields", "kind")
KINDS = shapes.kept()["answers"]["structs"]["Digest"]["fields"]["kind"]


@pytest.mark.parametrize(
    ("listing", "said"),
    [
        (changed(*PACK, "partition"), "packs: Pack.partition is gone"),
        (changed(*PACK, "stream", last=True), "packs: Pack.stream has moved"),
        (changed(*PACK, "duty", to="int?"), "packs: Pack.duty was list[DutyEntry]?, and is int?"),
        (changed(*PACK, "later", to="int"), "packs: Pack.later is new and has no default"),
        (changed("packs", "structs", "Pack"), "packs: Pack is gone"),
        (changed("journal", "layouts", "ROW", to="other"), "journal: ROW is packed otherwise"),
        (changed("journal", "structs", "Entry", "tag", to="x"), "Entry is another sort of struct"),
        (changed("packs"), "packs are gone"),
        (changed(*KIND, to="one of daily_report"), "answers: Digest.kind was one of"),
        (
            changed("events", "structs", "HotlineCall", "fields", "wait_s", to="int"),
            "events: HotlineCall.wait_s was int?, and is int",
        ),
        (changed("packs", "format", to=1), "packs: the format went down"),
    ],
)
def test_mistakes_of_evolution_are_named(listing: shapes.Listing, said: str) -> None:
    assert any(said in each for each in shapes.mistakes(shapes.kept(), listing))


@pytest.mark.parametrize(
    "listing",
    [
        changed(*PACK, "later", to="int?"),
        changed(*KIND, to=f"{KINDS} yearly_bulletin"),
        changed("journal", "layouts", "CHANNELS", to=[*CHANNELS, "telegraph"]),
        changed(
            "events",
            "structs",
            "HotlineCall",
            "fields",
            "channel",
            to="one of app fax letter phone web wechat",
        ),
    ],
)
def test_growing_is_no_mistake(listing: shapes.Listing) -> None:
    assert shapes.mistakes(shapes.kept(), listing) == []


def test_another_format_may_be_of_any_shape() -> None:
    listing = changed(*PACK, "partition")
    listing["packs"]["format"] += 1
    assert shapes.mistakes(shapes.kept(), listing) == []
