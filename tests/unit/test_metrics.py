"""Metrics: names and help as Prometheus wants them, labels of fixed sets, what is forgotten."""

from datetime import UTC, datetime

from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.parser import text_string_to_metric_families

from streams import metrics

ALLOWED_LABELS = {
    *(
        "stage",
        "stream",
        "topic",
        "partition",
        "reason",
        "rule",
        "action",
        "level",
        "table",
        "version",
    ),
    *("outcome", "decided_by", "verdict", "channel"),
}
UNITS = (
    "_seconds",
    "_bytes",
    "_events",
    "_records",
    "_ids",
    "_hours",
    "_keys",
    "_info",
    "_incidents",
    "_up",
    "_ready",
)


def declared() -> dict[str, MetricWrapperBase]:
    return {
        name: value for name, value in vars(metrics).items() if isinstance(value, MetricWrapperBase)
    }


def test_every_metric_is_named_and_explained_as_prometheus_wants() -> None:
    assert len(declared()) >= 18
    for metric in declared().values():
        (family,) = metric.describe()
        assert family.name.startswith("huishang_")
        assert family.type == "counter" or family.name.endswith(UNITS), family.name
        assert family.documentation.endswith("."), family.name


def test_no_label_has_unbounded_values() -> None:
    for metric in declared().values():
        assert set(metric._labelnames) <= ALLOWED_LABELS


def test_what_is_set_is_rendered() -> None:
    metrics.EVENTS.labels("intake", "grid-reports").inc(5_000)
    metrics.committed("intake", datetime(2026, 3, 1, tzinfo=UTC))
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(metrics.render().decode())
        for sample in family.samples
    }
    assert samples["huishang_events_total", "intake", "grid-reports"] >= 5_000
    assert samples["huishang_last_commit_timestamp_seconds", "intake"] == 1_772_323_200
    assert any(name == "huishang_build_info" for name, *_ in samples)


def test_a_partition_that_went_elsewhere_is_forgotten() -> None:
    metrics.set_lag("tally", "reports", 77, 5)
    metrics.STATE_IDS.labels(77).set(9)
    assert b'partition="77"' in metrics.render()
    for _ in range(2):
        metrics.forget_lag("tally", "reports", 77)
        metrics.forget_state(77)
    assert b'partition="77"' not in metrics.render()
