"""The Faust app of a stage: batches in, acknowledged records out, no commit after an unknown error."""

import asyncio
import logging
import os
import sys
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

import faust
from aiokafka.errors import KafkaError
from aiokafka.structs import RecordMetadata
from faust import SASLCredentials, SSLCredentials
from faust.exceptions import ConsumerNotStarted
from faust.types import TP
from faust.types.auth import CredentialsT

from streams.batches import Batch
from streams.errors import AccessRefused, HuishangError
from streams.kafka import not_allowed, tls_context
from streams.settings import Settings
from streams.topics import RECORD_LIMIT_BYTES, group_name

# As in cli/: stopped on purpose, refused by a service, an error of our own
# (sysexits.h EX_DATAERR, EX_NOPERM, EX_SOFTWARE).
EXIT_STOPPED: Final = 65
EXIT_REFUSED: Final = 77
EXIT_INTERNAL: Final = 70
AT_ONCE: Final = 4  # batches that are worked on or wait for the broker

log = logging.getLogger(__name__)

Handler = Callable[[Batch], Awaitable[None]]


class App(faust.App):
    """A Faust app whose state may say where a partition is read from.

    start_offsets: next offset per partition; goes before the committed one when
    partitions are assigned. when_assigned: done one after the other once they are,
    and before anything of them is read.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.start_offsets: dict[TP, int] = {}
        self.when_assigned: list[Callable[[], Awaitable[None]]] = []
        super().__init__(*args, **kwargs)

        # Faust calls the receivers of a signal in no order: this one calls the rest.
        async def assigned(*_: Any, **__: Any) -> None:
            for step in self.when_assigned:
                await step()

        self.on_rebalance_complete.connect(assigned, weak=False)

    def _create_directories(self) -> None:
        # Faust makes the last folder only; in a new container those above are missing too.
        self.conf.datadir.parent.mkdir(parents=True, exist_ok=True)
        super()._create_directories()


def make_app(settings: Settings, stage: str, *, max_records: int) -> App:
    """The app of a stage; its consumer group is `<prefix>huishang-<stage>`.

    max_records: per batch. Offsets are committed every second, of batches that are done.
    """
    return App(
        group_name(settings, stage),
        broker=[f"batches://{server.strip()}" for server in settings.kafka.split(",")],
        broker_credentials=_credentials(settings),
        value_serializer="raw",
        store="memory://",
        datadir=settings.data / "faust",
        web_enabled=False,
        topic_disable_leader=True,
        topic_allow_declare=False,
        consumer_auto_offset_reset="earliest",
        # Checked by the broker when written, and by TCP on the way.
        broker_check_crcs=False,
        broker_max_poll_records=max_records,
        consumer_max_fetch_size=4 << 20,
        # How long a topic that was made anew goes without a reader.
        consumer_metadata_max_age_ms=15_000,
        # Counts batches. A rebalance does not wait for them: they are read again.
        stream_buffer_maxsize=4,
        stream_wait_empty=False,
        broker_commit_interval=1.0,
        # The default makes every join take 30 s.
        broker_rebalance_timeout=8.0,
        broker_session_timeout=8.0,
        broker_heartbeat_interval=2.0,
        # The journal's topic takes records this large; all others stay far below 1 MB.
        producer_max_request_size=RECORD_LIMIT_BYTES,
    )


def _credentials(settings: Settings) -> CredentialsT | None:
    """As streams.kafka.reaching, in Faust's words."""
    tls = tls_context(settings)
    if settings.kafka_security.startswith("sasl"):
        return SASLCredentials(
            username=settings.kafka_user,
            password=settings.kafka_password.get_secret_value(),
            ssl_context=tls,
            mechanism=settings.kafka_mechanism,
        )
    return SSLCredentials(tls) if tls else None


def consume(app: App, topics: Iterable[str], handler: Handler) -> None:
    """Hand every batch of these topics (full names) to `handler`.

    One batch at a time per partition, in order; several partitions at once, so
    that while one waits for the broker another is worked on. The handler calls
    `batch.done()` when what follows from the batch is safe.
    """
    lanes: defaultdict[TP, asyncio.Lock] = defaultdict(asyncio.Lock)
    slots = asyncio.Semaphore(AT_ONCE)
    running: set[asyncio.Task[None]] = set()

    async def handle(batch: Batch) -> None:
        try:
            async with lanes[batch.tp]:
                if not batch.forgotten:
                    await handler(batch)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            end_process(error)
        finally:
            slots.release()

    async def agent(stream: Any) -> None:
        async for batch in stream.noack():
            await slots.acquire()
            task = asyncio.create_task(handle(batch))
            running.add(task)
            task.add_done_callback(running.discard)

    app.agent(app.topic(*topics, value_serializer="raw"), name="batches")(agent)


def end_process(error: BaseException) -> None:
    """End the process now, with a non-zero status and nothing committed.

    Faust would acknowledge the event and go on. A worker that starts again reads
    the same batch again.
    """
    error = not_allowed(error) or error
    on_purpose = isinstance(error, HuishangError)
    if on_purpose:
        log.critical("stopped: %s", error)
    else:
        log.critical("stopped by an unknown error", exc_info=error)
    for handler in logging.getLogger().handlers:
        handler.flush()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(_exit_status(error))


def _exit_status(error: BaseException) -> int:
    match error:
        case AccessRefused():
            return EXIT_REFUSED
        case HuishangError():
            return EXIT_STOPPED
    return EXIT_INTERNAL


async def send(
    app: App, topic: str, partition: int | None, key: bytes | None, value: bytes | None
) -> asyncio.Future[RecordMetadata]:
    """Hand one record to the producer; the future is done once the broker has it."""
    future: Any = await app.producer.send(topic, key, value, partition, None, None)
    return future  # type: ignore[no-any-return]


async def send_and_wait(
    app: App, topic: str, partition: int | None, key: bytes | None, value: bytes | None
) -> int:
    """Send one record; its offset, once the broker has it."""
    sent = await (await send(app, topic, partition, key, value))
    return int(sent.offset)


async def lags(app: App) -> dict[TP, tuple[int, int]]:
    """(lag, committed offset) of each assigned partition, as the broker tells them.

    Empty while the consumer is not there, or the broker does not answer.
    """
    consumer: Any = app.consumer
    try:
        assigned = consumer.assignment()
        ends = await consumer.highwaters(*assigned) if assigned else {}
    except (ConsumerNotStarted, KafkaError):
        return {}
    found = {}
    for tp, end in ends.items():
        committed = consumer._committed_offset.get(tp) or 0
        found[TP(tp.topic, tp.partition)] = (max(0, end - committed), committed)
    return found
