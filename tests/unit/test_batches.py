"""The batch transport: what may be committed, and that what it overrides is still there."""

import hashlib
import inspect
from types import SimpleNamespace
from typing import Any

import aiokafka
import faust
from aiokafka.consumer import fetcher
from faust.transport import consumer as stock
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from streams import replaced
from streams.batches import Batch, Consumer, ConsumerThread, InFlight

A, B = TP("reports", 0), TP("reports", 1)


def batch(tp: TP, first: int, last: int) -> Batch:
    records: list[Any] = [SimpleNamespace(offset=offset) for offset in range(first, last + 1)]
    return Batch(tp, records)


def test_nothing_is_committable_before_it_is_done() -> None:
    flight = InFlight()
    flight.add(batch(A, 0, 9))
    assert flight.committable() == {}


def test_a_later_batch_waits_for_an_earlier_one() -> None:
    flight = InFlight()
    first, second, other = batch(A, 0, 9), batch(A, 10, 14), batch(B, 0, 3)
    for each in (first, second, other):
        flight.add(each)
    second.done()
    other.done()
    assert flight.committable() == {B: 4}
    first.done()
    assert flight.committable() == {A: 15, B: 4}


def test_an_offset_is_offered_until_it_is_committed() -> None:
    flight = InFlight()
    only = batch(A, 0, 9)
    flight.add(only)
    only.done()
    assert flight.committable() == flight.committable() == {A: 10}
    flight.committed({A: 10})
    assert flight.committable() == {}


def test_a_batch_of_before_a_rebalance_commits_nothing() -> None:
    flight = InFlight()
    old = batch(A, 0, 9)
    flight.add(old)
    flight.forget([A])
    again = batch(A, 0, 9)
    flight.add(again)
    old.done()
    assert flight.committable() == {}
    again.done()
    assert flight.committable() == {A: 10}


def test_what_an_earlier_owner_did_is_committed_though_nothing_new_comes() -> None:
    flight = InFlight()
    flight.done_before(A, 12)
    assert flight.committable() == {A: 12}
    flight.committed({A: 12})
    assert flight.committable() == {}
    flight.done_before(A, 12)
    flight.forget([A])
    assert flight.committable() == {}


# Source of what the driver overrides or relies on, as of the pinned versions. When one of
# these changes, read it again, mend streams/batches.py or streams/replaced.py, run the integration suite, then
# write the new digest here.
RELIED_ON = {
    "Consumer._getmany": (stock.ThreadDelegateConsumer._getmany, "f9d47aa9010b"),
    "Consumer._to_message": (driver.Consumer._to_message, "7c24f6511b2f"),
    "Consumer.getmany": (stock.Consumer.getmany, "4b168d84882a"),
    "Consumer.commit": (stock.Consumer.commit, "a354437baaa0"),
    "Consumer.force_commit": (stock.Consumer.force_commit, "cc094614d22c"),
    "Consumer.perform_seek": (stock.Consumer.perform_seek, "0e8c130ff4b0"),
    "Consumer._add_gap": (stock.Consumer._add_gap, "4df2573ded7c"),
    "Consumer._drain_messages": (stock.Consumer._drain_messages, "44a2500309e8"),
    "Consumer.on_buffer_full": (stock.Consumer.on_buffer_full, "c8961679e0bc"),
    "Thread._commit": (driver.AIOKafkaConsumerThread._commit, "932852ce7a23"),
    "Thread._create_worker_consumer": (
        driver.AIOKafkaConsumerThread._create_worker_consumer,
        "c2701bfc3e6f",
    ),
    "PartitionRecords._unpack_records": (fetcher.PartitionRecords._unpack_records, "b803e6d46480"),
    "AIOKafkaConnection.close": (replaced.CLOSE, "28f164aa1e4f"),
}


def test_versions_are_the_pinned_ones() -> None:
    assert (faust.__version__, aiokafka.__version__) == ("0.15.3", "0.14.0")


def test_what_the_driver_relies_on_has_not_changed() -> None:
    changed = [
        f"{name}: {digest}"
        for name, (function, known) in RELIED_ON.items()
        if (digest := hashlib.sha256(inspect.getsource(function).encode()).hexdigest()[:12])
        != known
    ]
    assert changed == []


def test_the_driver_overrides_methods_that_exist() -> None:
    for ours, theirs in (
        (Consumer, driver.Consumer),
        (ConsumerThread, driver.AIOKafkaConsumerThread),
    ):
        overridden = [
            name
            for name, member in vars(ours).items()
            if inspect.isfunction(member) and name != "__init__"
        ]
        assert all(hasattr(theirs, name) for name in overridden), overridden
