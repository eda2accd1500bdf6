"""Sets aside what kills a stage twice, and nothing else.

An unknown error ends the process before commit (streams/app.py), so that the
batch is read again; one event that always raises would stop its counties for
good. So a death is noted when it came out of the pure part of a stage: decoding
and deciding, which depend on the records alone. When the same place raises for
the third time, the records to blame become dead letters, with an alert, and
the rest goes its ordinary way. Errors of sending, storing or the machine, and
kill -9, note nothing: they say nothing about an event.

Deaths are noted in the metadata of an offset committed for a consumer group of
their own, `<prefix>huishang-<stage>-deaths`; the stage's own offsets stay as
they are, and what it commits on its way to the place forgets nothing. Kafka
drops such a group after seven days. The embedded broker keeps no metadata; it
has no need to: there the first death stops everything, and the log is forgotten.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, Generic, NamedTuple, Protocol, TypeVar

import msgspec
import xxhash
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from aiokafka.structs import OffsetAndMetadata
from msgspec import Struct

from streams.answers import Alert, DeadLetter
from streams.batches import Batch
from streams.contracts import WHOLE
from streams.counties import place_name
from streams.errors import Fatal, HuishangError, Reason
from streams.events import EVENTS
from streams.kafka import Reaching, reaching
from streams.settings import Settings
from streams.topics import full_name

RULE: Final = Reason.POISON.value  # of the alert
DEATHS: Final = 2  # this often a place may kill a worker
MOST: Final = 100  # of one batch; more of them, and the fault is the stage's own
# Said by the machine or by us, never about an event.
NOT_THEIRS: Final = (HuishangError, MemoryError, OSError, ImportError)
_ORANGE: Final = 2
_NOTED_WITHIN_S: Final = 10.0
_STAGES: Final = {"intake": "接收", "tally": "统计", "sink": "入库"}

T = TypeVar("T")
R = TypeVar("R")
log = logging.getLogger(__name__)


class Raised(Exception):
    """An unknown error of a stage's pure part, without its message, for the log."""


class Condemned(NamedTuple, Generic[T]):
    """What raised, and the name of the error's type: its message may quote the event."""

    item: T
    error: str


class Note(Struct):
    """How often batches that reached from the committed offset to `last` have killed a worker."""

    deaths: int
    last: int


class Notes(Protocol):
    """Remembers deaths across processes. Both may raise KafkaError, OSError or TimeoutError."""

    async def deaths(self, batch: Batch) -> int:
        """How often a batch that had records of this one killed a worker."""
        ...

    async def note(self, batch: Batch, deaths: int) -> None:
        """Remember that this batch is the latest to kill a worker."""
        ...


class GroupNotes:
    """Notes in the committed offsets of a consumer group that has no members."""

    def __init__(self, reaching: Reaching, group: str) -> None:
        self._reaching = reaching
        self._group = group

    async def deaths(self, batch: Batch) -> int:
        tp = TopicPartition(batch.tp.topic, batch.tp.partition)
        admin = AIOKafkaAdminClient(**self._reaching)
        try:
            await admin.start()
            found = await admin.list_consumer_group_offsets(self._group, partitions=[tp])
        finally:
            await admin.close()
        return deaths_of(found[tp], batch) if tp in found else 0

    async def note(self, batch: Batch, deaths: int) -> None:
        tp = TopicPartition(batch.tp.topic, batch.tp.partition)
        consumer = AIOKafkaConsumer(
            **self._reaching, group_id=self._group, enable_auto_commit=False
        )
        try:
            await consumer.start()
            consumer.assign([tp])
            text = msgspec.json.encode(Note(deaths, batch.last_offset)).decode()
            await consumer.commit({tp: OffsetAndMetadata(batch.first_offset, text)})
        finally:
            await consumer.stop()


def deaths_of(committed: OffsetAndMetadata, batch: Batch) -> int:
    """What a committed note says about a batch; 0 if it is about other records."""
    try:
        note = msgspec.json.decode(committed.metadata, type=Note)
    except msgspec.MsgspecError:
        return 0
    same_place = committed.offset <= batch.last_offset and batch.first_offset <= note.last
    return note.deaths if same_place else 0


class Guard:
    """Runs the pure part of a stage on its batches."""

    def __init__(self, settings: Settings, stage: str, notes: Notes | None = None) -> None:
        group = full_name(settings, f"huishang-{stage}-deaths")
        self._notes = notes or GroupNotes(reaching(settings), group)

    async def run(self, batch: Batch, handle: Callable[[], R], rest: Callable[[], R]) -> R:
        """What `handle` gives, or what `rest` does, once the batch has raised too often.

        handle: pure. rest: handles what `sift` leaves. Raises Raised in place of
        what they raise, after noting it, so that the process ends.
        """
        try:
            return handle()
        except NOT_THEIRS:
            raise
        except Exception as error:
            if not await self._often(batch, error):
                raise _unquoting(error) from None
        try:
            return rest()
        except NOT_THEIRS:
            raise
        except Exception as error:
            raise _unquoting(error) from None

    async def _often(self, batch: Batch, error: Exception) -> bool:
        """Whether this place has killed enough workers; if not, one more death is noted."""
        place = f"{batch.tp.topic}[{batch.tp.partition}] {batch.first_offset}-{batch.last_offset}"
        try:
            async with asyncio.timeout(_NOTED_WITHIN_S):
                deaths = await self._notes.deaths(batch)
                if deaths < DEATHS:
                    await self._notes.note(batch, deaths + 1)
        except (KafkaError, OSError) as away:
            log.warning("the death at %s could not be noted: %r", place, away)
            return False
        log.error("%s raised %s; deaths there before: %s", place, type(error).__name__, deaths)
        return deaths >= DEATHS


def _unquoting(error: Exception) -> Raised:
    return Raised(
        f"{type(error).__name__}; its message is left out, it may quote an event"
    ).with_traceback(error.__traceback__)


def sift(
    items: Sequence[T], run: Callable[[Sequence[T]], object]
) -> tuple[list[T], list[Condemned[T]]]:
    """Part items into those that `run` takes, all together, and those that make it raise.

    An item is condemned if it raises by itself; and when the others still do
    not go together, if it raises in the company of the good ones before it.
    run: pure. Raises what it raises on nothing at all, what is in NOT_THEIRS,
    and Fatal once more than MOST items would be condemned.

    >>> sift([1, 0, 2], lambda some: [1 / one for one in some])
    ([1, 2], [Condemned(item=0, error='ZeroDivisionError')])
    """
    run([])
    condemned: list[Condemned[T]] = []
    good = _sifted(items, run, condemned, together=False)
    try:
        run(good)
    except NOT_THEIRS:
        raise
    except Exception:
        good = _sifted(good, run, condemned, together=True)
    return good, condemned


def _sifted(
    items: Sequence[T],
    run: Callable[[Sequence[T]], object],
    condemned: list[Condemned[T]],
    *,
    together: bool,
) -> list[T]:
    good: list[T] = []
    left = [items]
    while left:
        part = left.pop()
        try:
            run([*good, *part] if together else part)
        except NOT_THEIRS:
            raise
        except Exception as error:
            if len(part) > 1:
                half = len(part) // 2
                left += [part[half:], part[:half]]
            elif len(condemned) < MOST:
                condemned.append(Condemned(part[0], type(error).__name__))
            else:
                raise Fatal(
                    f"over {MOST} records of one batch make this stage raise, the last "
                    f"{type(error).__name__}; then the fault is not in the records: none is set "
                    "aside. Report it, and go back to the version before"
                ) from None
        else:
            good += part
    return good


def expected(stage: str, error: str) -> str:
    """For the dead letter of what was condemned. error: the name of its type."""
    return f"what {stage} can handle; it raised {error} three times"


def letter(
    stage: str,
    error: str,
    *,
    topic: str,
    partition: int,
    offset: int,
    at: datetime,
    county_code: str = "",
    source: str = "",
    runid: str = "",
    size_bytes: int = 0,
    sha256: str = "",
) -> DeadLetter:
    """The dead letter of what was condemned, without a preview.

    sha256: empty if only the place of the original is known.
    """
    return DeadLetter(
        reason=Reason.POISON.value,
        path="$",
        expected=expected(stage, error),
        topic=topic,
        partition=partition,
        offset=offset,
        at=at,
        county_code=county_code,
        source=source,
        runid=runid,
        size_bytes=size_bytes,
        sha256=sha256,
    )


def alert(said: DeadLetter, stage: str) -> Alert:
    """What duty staff and operators are told of such a dead letter; the same letter, the same id."""
    place = f"{said.topic}/{said.partition}/{said.offset}"
    county = place_name(said.county_code) or "全系统"
    name = _STAGES[stage]
    if said.topic.endswith(tuple(EVENTS)):
        what = "1条事件"
        then = "这条事件未计入统计，其余事件不受影响"
        after = "升级修复后用 huishang dead-letters replay --reason poison 重新发布"
    else:
        what = "1条内部记录"
        then = "它所含的数据缺失，其余数据不受影响"
        after = "由维护者在修复后补回"
    return Alert(
        id=xxhash.xxh3_64_hexdigest(f"{RULE}|{said.topic}|{said.partition}|{said.offset}".encode()),
        rule=RULE,
        level=_ORANGE,
        county_code=said.county_code or WHOLE,
        category="",
        window_start=said.at,
        window_end=said.at,
        observed=DEATHS + 1,
        limit=DEATHS,
        title=f"{county}：{what}无法处理，已移入死信",
        reason=(
            f"{name}环节在同一条记录上出错{DEATHS + 1}次（位置 {place}），已将其移入死信：{then}。"
            f"请运维人员用 huishang dead-letters list --reason poison 查看并报告维护者；{after}。"
        ),
        raised_at=said.at,
    )
