"""A lexicon of one's own: changes are taken into use by a running intake, mistakes are not."""

from pathlib import Path

from agents.lexicon import PRIORITY_FILE, SHIPPED
from streams import packs
from tests.brokers import Broker
from tests.stages import NOW, Stages, as_calls, deployed, event
from tests.waiting import eventually_sync

TEXT = "我们村口的龙脊饮水点坏了"


def publish(stages: Stages, number: int, categories: dict[int, str]) -> None:
    """Publish the text once more, and wait for what intake makes of it."""
    stages.publish(as_calls([event("hotline-calls", number, "620702", NOW, text=TEXT)]))

    def found() -> bool:
        decoded = [packs.decode_pack(value) for _, _, value in stages.log_of("reports")]
        reports = [report.category for pack in decoded for report in pack.reports]
        if len(reports) > len(categories):
            categories[number] = reports[-1]
        return number in categories

    eventually_sync(found, within_s=30, what=f"event {number} in a pack")


def reloads(stages: Stages, outcome: str) -> float:
    return stages.metric("intake", f'huishang_lexicon_reloads_total{{outcome="{outcome}"}}')


def wait_for_reload(stages: Stages, outcome: str, times: int) -> None:
    eventually_sync(
        lambda: reloads(stages, outcome) == times, within_s=30, what=f"{times} {outcome}"
    )


def written(path: Path, *terms: str) -> None:
    path.write_text(f"S01:\n  terms:\n    饮水: [{', '.join(terms)}]\n", encoding="utf-8")


def test_a_changed_lexicon_judges_the_next_event_and_a_broken_one_does_not(
    embedded_only: Broker,
) -> None:
    folder = embedded_only.data / "lexicon"
    folder.mkdir()
    (folder / PRIORITY_FILE).write_bytes((SHIPPED / PRIORITY_FILE).read_bytes())
    own = folder / "own.yaml"
    written(own, "停水")
    found: dict[int, str] = {}
    with deployed(embedded_only, "intake", lexicon=folder) as stages:
        intake = stages.workers["intake"]
        publish(stages, 1, found)

        written(own, "停水", "饮水点")
        wait_for_reload(stages, "ok", 2)
        publish(stages, 2, found)

        written(own, "停水", "飲水點")
        wait_for_reload(stages, "refused", 1)
        publish(stages, 3, found)
        assert "own.yaml line 3: term '飲水點'" in intake.text()
        refused_at, loaded_at = (
            stages.metric(
                "intake", f'huishang_lexicon_reload_timestamp_seconds{{outcome="{outcome}"}}'
            )
            for outcome in ("refused", "ok")
        )
        assert refused_at > loaded_at > 0

        written(own, "停水")
        wait_for_reload(stages, "ok", 3)
        publish(stages, 4, found)
        assert intake.running
    assert found == {1: "S99", 2: "S01", 3: "S01", 4: "S99"}


def test_a_lexicon_with_a_mistake_is_no_start(embedded_only: Broker) -> None:
    folder = embedded_only.data / "lexicon"
    folder.mkdir()
    with deployed(embedded_only) as stages:
        worker = stages.start("intake", lexicon=folder)
        assert worker.wait(30) == 2
        assert f"no lexicon in {folder}" in worker.text()
