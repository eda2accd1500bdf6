"""From Kafka to an open board and back: alerts appear, actions land, a restart loses nothing."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.brokers import ApacheKafka, Broker, EmbeddedBroker, Server
from tests.browser.screens import Screen, screen
from tests.kafka.jars import KafkaMissing
from tests.stages import NOW, Stages, deployed, event, structured
from tests.waiting import eventually_sync

COUNTIES = {
    "620702": "甘州区",
    "620721": "肃南裕固族自治县",
    "620722": "民乐县",
    "620723": "临泽县",
}


@pytest.fixture(scope="module", params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def stages(
    request: pytest.FixtureRequest, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stages]:
    """The whole pipeline on a broker of its own. The browser first: without one, nothing starts."""
    folder = tmp_path_factory.mktemp("live")
    server = started(request.param, folder)
    try:
        with deployed(
            Broker(request.param, server, "browser.", folder), "intake", "tally", "sink"
        ) as up:
            raise_alert(up, "620722", "first")  # so that every stage has done its first work
            eventually_sync(lambda: up.alerts(incidents=True), what="the first alert in the store")
            yield up
    finally:
        server.stop()


def started(kind: str, folder: Path) -> Server:
    """A broker of this kind. Skips where it cannot run, unless REQUIRE_KAFKA=1."""
    try:
        server: Server = EmbeddedBroker(folder) if kind == "embedded" else ApacheKafka(folder)
    except KafkaMissing as missing:
        if os.environ.get("REQUIRE_KAFKA") == "1":
            pytest.fail(f"REQUIRE_KAFKA=1, but {missing}", pytrace=False)
        pytest.skip(str(missing))
    server.start()
    return server


def raise_alert(stages: Stages, county: str, name: str) -> float:
    """Publish one red report, which raises one alert; when the broker had it, as time.time()."""
    acked_s: list[float] = []
    call = event(
        "hotline-calls", name, county, NOW, category="S14", severity=1, title="小区电梯困人"
    )
    stages.publish([structured("hotline-calls", call)], lambda _: acked_s.append(time.time()))
    return acked_s[0]


def actions(stages: Stages) -> list[dict[str, str]]:
    """Every action on its topic, in no order."""
    return [json.loads(value)["data"] for _, _, value in stages.log_of("alert-actions")]


def test_an_alert_appears_is_acknowledged_and_the_action_lands_everywhere(
    browser: Browser, stages: Stages
) -> None:
    address = stages.address_of("sink")
    with screen(browser, address) as first, screen(browser, address, lang="en") as second:
        assert first.card("甘州区").count() == 0
        first.watch("甘州区")
        published_s = raise_alert(stages, "620702", "live")
        expect(first.card("甘州区")).to_be_visible()
        shown_s = first.watched()
        raised_s = next(sent_s for value, sent_s in stages.times_of("alerts") if b"620702" in value)
        print(f"\nalert published to Kafka → on the open page: {shown_s - raised_s:.2f} s")
        print(f"report published → on the open page: {shown_s - published_s:.2f} s")
        expect(first.page.locator("#spoken")).to_contain_text("甘州区")
        expect(second.card("甘州区")).to_contain_text("Firing")

        second.watch("甘州区", "Acknowledged")
        clicked_s = time.time()
        first.card("甘州区").get_by_role("button", name="确认").click()
        expect(second.card("甘州区").locator(".status")).to_contain_text("Acknowledged")
        print(f"clicked → on the second page: {second.watched() - clicked_s:.2f} s")
        expect(first.card("甘州区").locator(".status")).to_contain_text("已确认")
        expect(first.card("甘州区").get_by_role("button", name="确认")).to_have_count(0)

        identifier = first.card("甘州区").get_attribute("data-id")
        landed = [one for one in actions(stages) if one["alert_id"] == identifier]
        assert [one["action"] for one in landed] == ["acknowledge"]
        stored = stages.rows(
            f"SELECT action, verdict FROM alert_actions FINAL WHERE alert_id = '{identifier}'"
        )
        assert stored == [{"action": "acknowledge", "verdict": "done"}]


def test_assigning_asks_to_whom_and_says_so_to_all(browser: Browser, stages: Stages) -> None:
    raise_alert(stages, "620721", "assign")
    with screen(browser, stages.address_of("sink")) as board:
        board.card("肃南").get_by_role("button", name="交办").click()
        asked = board.page.get_by_role("dialog")
        asked.get_by_label("交给哪个岗位或单位").fill("县应急管理局")
        asked.get_by_label("说明").fill("请到场核实")
        asked.get_by_role("button", name="交办").click()
        expect(asked).to_have_count(0)
        expect(board.card("肃南").locator(".status")).to_contain_text("县应急管理局")
        board.card("肃南").locator(".title").click()
        expect(board.page.get_by_role("dialog")).to_contain_text("请到场核实")


def test_the_keyboard_alone_acknowledges(browser: Browser, stages: Stages) -> None:
    raise_alert(stages, "620723", "keyboard")
    with screen(browser, stages.address_of("sink")) as board:
        expect(board.card("临泽县")).to_be_visible()
        keyboard = board.page.keyboard
        keyboard.press("Tab")
        expect(board.page.locator(".skip")).to_be_focused()
        keyboard.press("Enter")
        reach(board, "临泽县")
        keyboard.press("Enter")
        dialog = board.page.get_by_role("dialog")
        expect(dialog).to_be_visible()
        for _ in range(40):  # round and round: the focus never leaves the dialog for the page
            keyboard.press("Tab")
            assert board.page.evaluate(
                "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
            )
        keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        expect(board.card("临泽县")).to_be_focused()
        keyboard.press("a")
        expect(board.card("临泽县").locator(".status")).to_contain_text("已确认")


def reach(board: Screen, words: str) -> None:
    """Go from alert to alert with j until this one has the focus."""
    for _ in range(10):
        board.page.keyboard.press("j")
        if board.card(words).evaluate("(card) => card === document.activeElement"):
            return
    raise AssertionError(f"no way to {words} by the keyboard")


def test_a_restart_of_the_sink_loses_nothing(browser: Browser, stages: Stages) -> None:
    """What comes while it is away is there when it is back, without a reload."""
    address = stages.address_of("sink")
    port = int(address.rstrip("/").rpartition(":")[2])
    with screen(browser, address) as board:
        board.page.evaluate("window.sameDocument = true")
        stages.workers["sink"].kill()
        board.page.wait_for_selector("html[data-line=broken]")
        raise_alert(stages, "620725", "away")
        started_s = time.monotonic()
        stages.start("sink", port=port)
        stages.ready("sink")
        board.page.wait_for_selector("html[data-line=live]")
        expect(board.card("山丹县")).to_be_visible()
        print(
            f"\nsink started → the page has what came meanwhile: {time.monotonic() - started_s:.1f} s"
        )
        assert board.page.evaluate("window.sameDocument") is True
        shown = board.page.locator("article.alert").evaluate_all(
            "(cards) => cards.map((card) => card.dataset.id)"
        )
        kept = stages.rows("SELECT id FROM alerts FINAL WHERE status != 'closed'")
        assert sorted(shown) == sorted(row["id"] for row in kept)
        board.card("山丹县").get_by_role("button", name="确认").click()
        expect(board.card("山丹县").locator(".status")).to_contain_text("已确认")
        # A line that is cut is what the browser itself complains of.
        board.forgive("ERR_")
