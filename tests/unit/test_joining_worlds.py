"""Incidents of many reports that resemble each other, in batches of any size: those of the plain reference."""

import random
from collections import defaultdict
from collections.abc import Iterator
from itertools import repeat

import numpy as np
import pytest

from agents.decide import decide
from agents.incidents import incident_id
from agents.linking import MENTIONS, Linker
from agents.matter import REPORT
from agents.mention import NAMED_BITS, Mention
from agents.state import State
from streams.packs import Report
from tests.unit.test_joining import COUNTY, NOW_S, OTHER, RULES, ZONE, known, pack, told

DAY = 86_400


def world(dice: random.Random) -> list[Report]:
    """Few names, problems and texts, and not many keys, over a day, three weeks or three months."""
    keys, names = range(dice.choice([8, 40, 200])), dice.choice([1, 1, 4])
    days = dice.choice([1, 20, 90])
    texts = [dice.getrandbits(64) for _ in range(dice.choice([1, 4]))]
    sketches = [0, *(dice.getrandbits(64) for _ in range(2)), 0x1234]
    burst = dice.choice([0, 0.3, 0.9])  # that many name one place
    reports: list[Report] = []
    for identity in range(dice.choice([100, 400])):
        if reports and dice.random() < 0.2:
            reports.append(dice.choice(reports)._replace(identity=identity))
            continue
        brought = tuple(dice.sample(keys, dice.randrange(8)))
        kinds = sorted(dice.randrange(4) for _ in brought)
        if dice.random() < burst:
            brought, kinds = (1_000, *brought), [0, *kinds]
        named = dice.choice([0, 0, *range(1, names + 1)])
        for kind in range(3):
            named |= kinds.count(kind) << NAMED_BITS + 4 * kind
        fingerprint = dice.choice([0, *texts * 5])
        for _ in range(dice.choice([0, 2, 12, 20]) if fingerprint else 0):
            fingerprint ^= 1 << dice.randrange(64)
        reports.append(
            Report(
                identity,
                0,
                dice.choice([COUNTY, COUNTY, COUNTY, OTHER]),
                "S01",
                "phone",
                NOW_S - dice.randrange(days * DAY),
                fingerprint=fingerprint,
                keys=brought,
                problem=dice.choice([0, 1 << 60, 3 << 60, 3 << 60, 4]),
                named=named | dice.choice([0, 0, 1, 1, 2]) << NAMED_BITS + 12,
                sketch=dice.choice(sketches),
            )
        )
    return reports


def referred(reports: list[Report]) -> set[frozenset[int]]:
    linker, groups = Linker(), defaultdict(set)
    for each in reports:
        if each.fingerprint or each.keys:
            brings = Mention(each.fingerprint, each.keys, "", each.problem, each.named, each.sketch)
            first = linker.link(each.county, brings, each.identity, each.reported_s)
            groups[first].add(each.identity)
    return set(map(frozenset, groups.values()))


def grouped(held: State) -> set[frozenset[int]]:
    incidents = held.incidents
    groups = [np.frombuffer(each.records, REPORT)["identity"] for each in incidents.linked.values()]
    rows = incidents.rows[~np.isin(incidents.rows["owner"], list(incidents.linked))]
    return {frozenset(group.tolist()) for group in [*groups, *rows["report"]["identity"][:, None]]}


def played(reports: list[Report], sizes: Iterator[int]) -> State:
    """Taken in batches of these sizes."""
    # A clock that stands before all of them, so that nothing is forgotten, or is history.
    held, at_s = State(400, 400, 10_000), NOW_S - 100 * DAY
    start = offset = 0
    while start < len(reports):
        end = start + next(sizes)
        batch = pack(*reports[start:end], at_s=at_s)
        held.apply(decide(held, [(offset, batch)], RULES, ZONE, 0))
        start, offset = end, offset + 1
    return held


@pytest.mark.parametrize("seed", range(12))
def test_incidents_are_those_of_the_plain_reference(seed: int) -> None:
    dice = random.Random(seed)
    reports = world(dice)
    held = played(reports, iter(lambda: dice.choice([3, 30, 1_000]), 0))
    assert grouped(held) == referred(reports)
    assert max(each.mentions for each in held.incidents.linked.values()) <= MENTIONS


@pytest.mark.parametrize("seed", range(100, 106))
def test_what_is_kept_is_what_one_report_after_the_other_leaves(seed: int) -> None:
    reports = world(random.Random(seed))[:200]
    alone, at_once = played(reports, repeat(1)), played(reports, repeat(len(reports)))
    assert known(at_once) == known(alone)


def test_a_copy_brings_a_key_again_that_led_elsewhere_meanwhile() -> None:
    """A name leads to the latest eight alone; others of that name are other matters."""
    dice = random.Random(3)
    one, *others = (
        told(
            number, 1, named=1 << NAMED_BITS, problem=1 << number, fingerprint=dice.getrandbits(64)
        )
        for number in range(17)
    )
    one = one._replace(keys=(1, 2), named=1 << NAMED_BITS | 1 << NAMED_BITS + 4)
    again = [one._replace(identity=100 + n) for n in range(3)]
    reports = [one, *others[:8], again[0], *others[8:], *again[1:]]
    at_once = played(reports, repeat(len(reports)))
    assert known(at_once) == known(played(reports, repeat(1)))
    owners = at_once.incidents.rows["owner"].tolist()
    assert owners.count(incident_id(COUNTY, one.identity)) == 3


def test_worlds_hold_what_is_hard() -> None:
    """Incidents of many more reports than they keep mentions, and many of one report."""
    sizes = [len(group) for seed in range(12) for group in referred(world(random.Random(seed)))]
    assert max(sizes) > 4 * MENTIONS
    assert sizes.count(1) > len(sizes) / 2
