"""When a changed lexicon is loaded, what of one with a mistake, and what metrics say of it."""

import asyncio
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agents.classify import Classifier
from agents.lexicon import PRIORITY_FILE, SHIPPED
from agents.reloading import Reloading, Settling, digest_of
from streams import metrics
from streams.clock import ManualClock
from streams.errors import UserError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / PRIORITY_FILE).write_bytes((SHIPPED / PRIORITY_FILE).read_bytes())
    write(tmp_path, "停水")
    return tmp_path


def write(folder: Path, term: str) -> None:
    (folder / "own.yaml").write_text(f"S01:\n  terms:\n    a: [{term}]\n", encoding="utf-8")


def sample(name: str, outcome: str) -> float:
    return metrics.REGISTRY.get_sample_value(name, {"outcome": outcome}) or 0.0


def test_a_content_is_loaded_once_and_only_when_it_stands_still() -> None:
    settling = Settling("a")
    looks = "abcddda" + "aab" + "bbd" + "dd"
    assert [digest for digest in looks if settling.due(digest)] == ["d", "a", "b", "d"]


def test_the_digest_is_of_names_and_contents(folder: Path) -> None:
    before = digest_of(folder)
    (folder / "notes.txt").write_text("no part of it", encoding="utf-8")
    assert digest_of(folder) == before
    (folder / "tone").mkdir()
    (folder / "tone" / "sentiment.yaml").write_text("part of it", encoding="utf-8")
    assert digest_of(folder) != before
    (folder / "tone" / "sentiment.yaml").unlink()
    (folder / "own.yaml").rename(folder / "other.yaml")
    renamed = digest_of(folder)
    assert renamed != before
    write(folder, "停水")
    (folder / "other.yaml").unlink()
    assert digest_of(folder) == before
    assert digest_of(folder / "nowhere") not in (before, renamed)


def test_a_mounted_config_map_changes_at_once_and_once(tmp_path: Path) -> None:
    """As Kubernetes lays it out: links to links to a folder of the version, changed in one step."""
    for version, term in (("..1", "停水"), ("..2", "停电")):
        (tmp_path / version / "tone").mkdir(parents=True)
        write(tmp_path / version, term)
        (tmp_path / version / "tone" / "severity.yaml").write_text(term, encoding="utf-8")
    current = tmp_path / "..data"
    current.symlink_to("..1")
    for name in ("own.yaml", "tone"):
        (tmp_path / name).symlink_to(f"..data/{name}")
    before = digest_of(tmp_path)
    (tmp_path / "..next").symlink_to("..2")
    assert digest_of(tmp_path) == before
    (tmp_path / "..next").rename(current)
    after = digest_of(tmp_path)
    assert after != before
    shutil.rmtree(tmp_path / "..1")
    assert digest_of(tmp_path) == after == digest_of(tmp_path / "..2")


def test_a_mistake_keeps_the_old_lexicon_and_is_told(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = ManualClock(datetime(2026, 3, 1, tzinfo=UTC))
    watched = Reloading(folder, Classifier.load, clock)
    assert watched.loaded.category("", "停水") == "S01"
    assert watched.look() is watched.look() is None

    refused = sample("huishang_lexicon_reloads_total", "refused")
    write(folder, "停電")
    assert [watched.look() for _ in range(4)] == [None] * 4
    assert sample("huishang_lexicon_reloads_total", "refused") == refused + 1
    assert "the old one stays: own.yaml line 3: term '停電'" in caplog.text

    clock.advance(timedelta(minutes=1))
    ok = sample("huishang_lexicon_reloads_total", "ok")
    write(folder, "停电")
    assert watched.look() is None
    changed = watched.look()
    assert changed is not None
    assert changed.category("", "停电") == "S01"
    assert sample("huishang_lexicon_reloads_total", "ok") == ok + 1
    when = "huishang_lexicon_reload_timestamp_seconds"
    assert sample(when, "ok") - sample(when, "refused") == 60


def test_a_broken_lexicon_at_the_start_is_refused(folder: Path) -> None:
    write(folder, "停電")
    with pytest.raises(UserError, match="line 3"):
        Reloading(folder, Classifier.load, ManualClock(datetime(2026, 3, 1, tzinfo=UTC)))


async def test_what_is_new_is_handed_over(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.reloading.LOOK_EVERY_S", 0.0)
    watched = Reloading(folder, Classifier.load, ManualClock(datetime(2026, 3, 1, tzinfo=UTC)))
    write(folder, "停电")
    handed: asyncio.Future[Classifier] = asyncio.get_running_loop().create_future()
    watching = asyncio.create_task(watched.watch(handed.set_result))
    try:
        assert (await asyncio.wait_for(handed, 30)).category("", "停电") == "S01"
    finally:
        watching.cancel()
