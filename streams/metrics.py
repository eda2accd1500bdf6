"""Every metric, once: name, type, unit, labels, and when it moves.

Stages call these with a batch's totals, never per event:

    metrics.EVENTS.labels("intake", "grid-reports").inc(5_000)
    metrics.BATCH_EVENTS.labels("intake").observe(5_000)
    with metrics.BATCH_SECONDS.labels("intake").time(): ...
    metrics.set_lag("tally", "reports", 3, lag=120)
    metrics.render()  # Prometheus text format, for /metrics

Label values are of fixed sets: stage is intake, tally or sink; stream and topic
are names without prefix; partition is below HUISHANG_PARTITIONS; channel is of HUISHANG_CHANNELS. Never a county,
a source or an id: those are unbounded, and counts per county are in ClickHouse.
"""

from contextlib import suppress
from datetime import datetime
from importlib.metadata import version
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

REGISTRY: Final = CollectorRegistry()
CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_SIZES: Final = (1, 10, 100, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000)
_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


def _counter(name: str, meaning: str, *labels: str) -> Counter:
    return Counter(name, meaning, labels, registry=REGISTRY)


def _gauge(name: str, meaning: str, *labels: str) -> Gauge:
    return Gauge(name, meaning, labels, registry=REGISTRY)


def _sizes(name: str, meaning: str, *labels: str) -> Histogram:
    return Histogram(name, meaning, labels, buckets=_SIZES, registry=REGISTRY)


def _durations(name: str, meaning: str, *labels: str) -> Histogram:
    return Histogram(name, meaning, labels, buckets=_SECONDS, registry=REGISTRY)


# What flows. A batch that is delivered again after a crash moves these again:
# exact numbers are in ClickHouse, these are for rates.
EVENTS: Final = _counter(
    "huishang_events_total", "Events read; moves when a batch is done.", "stage", "stream"
)
BATCH_EVENTS: Final = _sizes(
    "huishang_batch_events", "Events in a batch; moves when a batch is done.", "stage"
)
BATCH_SECONDS: Final = _durations(
    "huishang_batch_duration_seconds",
    "From a batch's delivery until its outputs are acknowledged; moves when it is done.",
    "stage",
)
SEND_SECONDS: Final = _durations(
    "huishang_send_duration_seconds",
    "From sending a batch's outputs to a topic until the broker has acknowledged them all.",
    "topic",
)
READY: Final = _gauge(
    "huishang_ready",
    "1 while the stage may be given work, 0 while it starts, recovers, is stuck or waits for a "
    "store; told as it is when asked.",
    "stage",
)
LAG: Final = _gauge(
    "huishang_lag_records",
    "Records of the topic after the committed offset; moves when offsets are looked at.",
    "stage",
    "topic",
    "partition",
)
LAST_COMMIT: Final = _gauge(
    "huishang_last_commit_timestamp_seconds",
    "Unix time of the last commit of offsets; moves when one is seen, every two seconds.",
    "stage",
)

# What intake decides.
DEAD_LETTERS: Final = _counter(
    "huishang_dead_letters_total",
    "Events answered with a dead letter, also in tally and sink; moves when a batch is done.",
    "stream",
    "reason",
)
TEXTS_CUT: Final = _counter(
    "huishang_texts_cut_total",
    "Titles and texts longer than the contract's limit, cut; moves when a batch is done.",
    "stream",
)
LEXICON_RELOADS: Final = _counter(
    "huishang_lexicon_reloads_total",
    "Lexicons of HUISHANG_LEXICON taken into use (ok) or refused for a mistake (refused), "
    "the first one included; moves when the folder's content has changed.",
    "outcome",
)
LEXICON_RELOADED: Final = _gauge(
    "huishang_lexicon_reload_timestamp_seconds",
    "Unix time when a lexicon was last taken into use (ok) or refused (refused); while refused "
    "is the later one, the folder has a mistake and the lexicon before it is in use.",
    "outcome",
)
RULES_RELOADS: Final = _counter(
    "huishang_rules_reloads_total",
    "Rules of HUISHANG_RULES taken into use (ok) or refused for a mistake (refused), the first ones "
    "included; moves when the file's content has changed.",
    "outcome",
)
RULES_RELOADED: Final = _gauge(
    "huishang_rules_reload_timestamp_seconds",
    "Unix time when rules were last taken into use (ok) or refused (refused); while refused is the "
    "later one, the file has a mistake and the rules before it are in use.",
    "outcome",
)
CATEGORIES: Final = _counter(
    "huishang_categories_total",
    "Reports by what decided their category: lexicon, model, declared or none; moves when a batch is done.",
    "stream",
    "decided_by",
)
DECLARED: Final = _counter(
    "huishang_declared_total",
    "Reports whose publisher declared a category: agrees with ours, differs, or unknown to us;"
    " moves when a batch is done.",
    "stream",
    "verdict",
)

# What tally decides and holds.
DUPLICATES: Final = _counter(
    "huishang_duplicates_total",
    "Events dropped because their source and id were seen; moves when a batch is journaled.",
    "stream",
)
ALERTS: Final = _counter(
    "huishang_alerts_total",
    "Alerts raised, by level 1 (red) to 4 (blue); moves when a batch or a tick is journaled.",
    "rule",
    "level",
)
ALERT_STEPS: Final = _counter(
    "huishang_alert_steps_total",
    "Steps of alerts' lives, by staff or by themselves: done, unchanged, illegal or beyond what is "
    "held; one is counted again when an earlier step comes late and changes its verdict.",
    "action",
    "verdict",
)
STATE_IDS: Final = _gauge(
    "huishang_state_ids", "Identities held; moves when a batch is journaled.", "partition"
)
STATE_HOURS: Final = _gauge(
    "huishang_state_hours",
    "Hours of identities held; moves when a batch is journaled.",
    "partition",
)
STATE_KEYS: Final = _gauge(
    "huishang_state_keys",
    "Count keys held (county, category, channel, hour); moves when a batch is journaled.",
    "partition",
)
STATE_INCIDENTS: Final = _gauge(
    "huishang_state_incidents",
    "Incidents held; moves when a batch is journaled.",
    "partition",
)
INCIDENTS_EVICTED: Final = _counter(
    "huishang_incidents_evicted_total",
    "Incidents let go before their 30 days were over, because there were more than "
    "HUISHANG_INCIDENTS_MAX; moves when a batch is journaled.",
)
JOURNAL_RECORDS: Final = _counter(
    "huishang_journal_records_total", "Journal records acknowledged; moves with each append."
)
JOURNAL_BYTES: Final = _counter(
    "huishang_journal_bytes_total", "Bytes of journal records acknowledged; moves with each append."
)
JOURNAL_TAIL: Final = _gauge(
    "huishang_journal_since_snapshot_bytes",
    "Of the journal's entries since the last snapshot; moves with each append and snapshot.",
    "partition",
)
JOURNAL_SECONDS: Final = _durations(
    "huishang_journal_append_duration_seconds",
    "From appending a journal record until it is acknowledged.",
)
RECOVERY_SECONDS: Final = _gauge(
    "huishang_recovery_duration_seconds",
    "What the last recovery of a partition took; moves with each.",
    "partition",
)
SNAPSHOT_SECONDS: Final = _durations(
    "huishang_snapshot_duration_seconds",
    "From a snapshot's first record until it is known to be good; moves with each.",
)
SNAPSHOT_BYTES: Final = _gauge(
    "huishang_snapshot_bytes",
    "Of the last snapshot, without identities; moves with each.",
    "partition",
)

# What the sink writes.
SINK_ROWS: Final = _counter(
    "huishang_sink_rows_total", "Rows inserted; moves when an insert is acknowledged.", "table"
)
SINK_RETRIES: Final = _counter(
    "huishang_sink_retries_total", "Inserts tried again; moves with each further try.", "table"
)
INSERT_SECONDS: Final = _durations(
    "huishang_insert_duration_seconds",
    "From offering rows to the store until it has acknowledged them, further tries included.",
    "table",
)

# Whom the sink tells. A channel is one of HUISHANG_CHANNELS.
NOTICES: Final = _counter(
    "huishang_notices_total",
    "What a channel answered to a message (accepted, later, misplaced, refused; aside: refused for good), "
    "and alerts held back (suppressed) and told of in a summary (summed); moves with each.",
    "channel",
    "outcome",
)
CHANNEL_LAG: Final = _gauge(
    "huishang_channel_lag_records",
    "Records of alerts and digests that the channel has not dealt with; moves twice a second.",
    "channel",
)
CHANNEL_UP: Final = _gauge(
    "huishang_channel_up",
    "1 while the channel takes messages or has not been tried, 0 while it does not; moves with each try.",
    "channel",
)

# What goes when a partition goes to another worker.
_OF_PARTITIONS: Final = (
    *(STATE_IDS, STATE_HOURS, STATE_KEYS, STATE_INCIDENTS),
    *(SNAPSHOT_BYTES, JOURNAL_TAIL, RECOVERY_SECONDS),
)

BUILD: Final = _gauge("huishang_build_info", "Always 1; the version is the label.", "version")
BUILD.labels(version("huishang")).set(1)
# Memory, CPU, open files and Python version of the process, under their usual names.
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)


def set_lag(stage: str, topic: str, partition: int, lag: int) -> None:
    """Note how many records of a partition are left; forget it when it is taken away."""
    LAG.labels(stage, topic, partition).set(lag)


def forget_lag(stage: str, topic: str, partition: int) -> None:
    """A partition went to another worker: its lag is that worker's to tell."""
    with suppress(KeyError):
        LAG.remove(stage, topic, partition)


def forget_state(partition: int) -> None:
    """A partition went to another worker, and its state with it."""
    for gauge in _OF_PARTITIONS:
        with suppress(KeyError):
            gauge.remove(partition)


def committed(stage: str, now: datetime) -> None:
    """Note that offsets were committed at `now`."""
    LAST_COMMIT.labels(stage).set(now.timestamp())


def lexicon_reloaded(outcome: str, now: datetime) -> None:
    """Note that the lexicon's folder had something new at `now`. outcome: ok or refused."""
    LEXICON_RELOADS.labels(outcome).inc()
    LEXICON_RELOADED.labels(outcome).set(now.timestamp())


def rules_reloaded(outcome: str, now: datetime) -> None:
    """Note that the rules' file had something new at `now`. outcome: ok or refused."""
    RULES_RELOADS.labels(outcome).inc()
    RULES_RELOADED.labels(outcome).set(now.timestamp())


def render() -> bytes:
    """Everything in Prometheus' text format; goes with CONTENT_TYPE."""
    return generate_latest(REGISTRY)
