"""Generates the benchmarks' input: hotline calls as upstream publishes them, some 450 bytes each."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import orjson

from cli.demo_texts import SENTENCES, written
from cli.producing import Record
from streams.counties import in_city

COUNTIES = in_city("62")  # Gansu: 86, and a city without counties
# Said of any matter. Two of them in some order: texts differ as much as real ones do, so that
# few of them are taken for the same matter.
_FILLERS = (
    "这件事情从去年秋天拖到现在",
    "附近几十户人家都受影响",
    "打过好几次电话，每次都说在处理",
    "上个星期去问过，工作人员让回去等消息",
    "家里有老人，日子过得很不方便",
    "不知道到底归哪个部门管",
    "之前来看过一回，后来就没有下文了",
    "大家商量过，也推选了人去谈，对方不肯露面",
    "村里开会的时候说过要解决",
    "春节前答应的时间早就过了",
    "照片和材料我都留着，需要的话可以提供",
    "周围的邻里都可以作证",
    "我们讲道理，只想要一个说法",
    "前后花了不少钱，也搭进去很多工夫",
    "听说别的地方已经办好了",
    "有人说要等上面的通知",
    "每到周末就更加严重",
    "下雨天情况还要差一些",
    "我在外地上班，不能常常回来",
    "孩子放学回来也看得见",
    "请把处理的结果告诉我们",
    "如果还要补什么手续，也请说清楚",
    "希望这一次不要再推来推去",
    "麻烦您转给管这件事的单位",
    "盼着早一点有个结果",
    "不是一家两家的事情",
    "今年已经是第三次写信了",
    "我们愿意配合，只要能办成",
    "管事的人换了几个，谁都说不清楚",
    "前任负责的时候好好的",
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
    for _ in range(20_000):
        category = dice.choice(sorted(SENTENCES))
        text = written(
            dice, dice.choice(in_city("6207")), dice.choice(SENTENCES[category]), category
        )
        texts.append(text + "。" + "，".join(dice.sample(_FILLERS, 2)) + "。")
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
