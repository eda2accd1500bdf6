"""Generates the benchmarks' input: hotline calls as upstream publishes them, some 450 bytes each."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import orjson

from cli.demo_texts import SENTENCES, written
from cli.producing import Record
from streams.counties import in_city

COUNTIES = in_city("62")  # Gansu: 86, and a city without counties
_FILLER = (
    "我们这里的群众一直反映情况，希望有关领导能够重视并且尽快给大家一个答复，谢谢您的帮助和支持"
)


def hotline_calls(
    topic: str, events: int, seed: int, runid: str, counties: Sequence[str] = COUNTIES
) -> Iterator[Record]:
    """5 % are repeats of a recent event; texts of 60–120 characters, some with personal data.

    A repeat goes to its original's partition, as a publisher's key would have it: so whoever
    keeps state by partition can find it.
    Reported half an hour ago on average; 5 % are grave, so that staff are shown them.
    """
    dice = random.Random(seed)
    texts = []
    for _ in range(2_000):
        category = dice.choice(sorted(SENTENCES))
        text = written(
            dice, dice.choice(in_city("6207")), dice.choice(SENTENCES[category]), category
        )
        texts.append(text + "。" + _FILLER[: dice.randint(20, len(_FILLER))])
    now = datetime.now(UTC)
    recent: list[Record] = []
    for number in range(events):
        if recent and dice.random() < 0.05:
            yield dice.choice(recent)
            continue
        at = (now - timedelta(seconds=min(dice.expovariate(1 / 1_800), 86_000))).isoformat(
            timespec="seconds"
        )
        value = orjson.dumps(
            {
                "specversion": "1.0",
                "id": f"{dice.getrandbits(64):016x}",
                "source": "/bench/hotline",
                "type": "huishang.hotline-call.v1",
                "runid": runid,
                "time": at,
                "data": {
                    "county_code": dice.choice(counties),
                    "occurred_at": at,
                    "reported_at": at,
                    "text": dice.choice(texts),
                    "severity": dice.choices((1, 2, 3, 4), (1, 4, 25, 70))[0],
                    "channel": "phone",
                    "demand_type": "complaint",
                    "repeat": False,
                },
            }
        )
        record = Record(topic, None, value, partition=number % 4)
        recent.append(record)
        if len(recent) > 1_000:
            del recent[:500]
        yield record
