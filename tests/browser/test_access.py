"""A reader of one county: signs in with a token, sees its county alone and no buttons, signs out.

Also what only an alert of its own shows: the chart of fourteen days with the usual range.
"""

from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256

import msgspec
import pytest
import yaml
from playwright.sync_api import Browser, expect

from cli.producing import Record
from tests.brokers import Broker, EmbeddedBroker
from tests.browser.screens import screen
from tests.stages import NOW, Stages, deployed
from tests.stores import alert
from tests.waiting import eventually_sync

TOKENS = {"reader": "reader-of-ganzhou-" + "r" * 32, "duty": "duty-of-zhangye-" + "d" * 32}
REASON = (
    "11月23日08时至16时水电气网类事项46件；按以往同样的日子全天预计18.2件（95%的日子在11至27件之间）。"
    "如无异常，出现这种情况的概率不超过1/2500（规则 statistical-strong）。"
)


@pytest.fixture(scope="module")
def stages(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stages]:
    """A sink with an access file, and an alert each of two counties."""
    folder = tmp_path_factory.mktemp("access")
    access = folder / "access.yaml"
    scopes = {"reader": ["620702"], "duty": ["6207"]}
    access.write_text(
        yaml.safe_dump(
            {
                "tokens": [
                    {
                        "post": f"测试{role}岗",
                        "role": role,
                        "counties": scopes[role],
                        "sha256": sha256(token.encode()).hexdigest(),
                    }
                    for role, token in TOKENS.items()
                ]
            },
            allow_unicode=True,
        ),
        encoding="utf-8",
    )
    server = EmbeddedBroker(folder)
    server.start()
    try:
        broker = Broker("embedded", server, "access.", folder)
        with deployed(broker, "sink", board_access=access) as up:
            unusual = alert(
                "00000000000000b1",
                rule="statistical-strong",
                level=2,
                category="S01",
                title="甘州区：水电气网异常增多，46件（预计18.2件）",
                reason=REASON,
                observed=46.0,
                limit=27.0,
                expected=18.2,
                p_value=0.0004,
                history=[17, 14, 21, 19, 12, 11, 18, 20, 16, 22, 15, 10, 13, 46],
                window_start=NOW - timedelta(hours=8),
                window_end=NOW,
                raised_at=NOW,
            )
            other = alert(
                "00000000000000b2", county_code="620721", title="肃南：一件", raised_at=NOW
            )
            up.publish(
                Record("alerts", one.county_code.encode(), msgspec.json.encode(one))
                for one in (unusual, other)
            )
            eventually_sync(lambda: len(up.alerts(incidents=True)) == 2, what="both alerts")
            yield up
    finally:
        server.stop()


@pytest.fixture
def address(stages: Stages) -> str:
    return stages.address_of("sink")


def test_a_reader_sees_its_county_and_cannot_act(browser: Browser, address: str) -> None:
    with screen(browser, address, token=TOKENS["reader"]) as board:
        expect(board.card("水电气网异常增多")).to_be_visible()
        expect(board.page.locator("article.alert")).to_have_count(1)
        expect(board.page.locator("[data-action]")).to_have_count(0)
        expect(board.page.locator("#tools")).to_contain_text("只读")
        expect(board.page.locator("#tools")).to_contain_text("测试reader岗")
        board.page.get_by_text("设置").click()
        board.page.get_by_role("button", name="退出登录").click()
        expect(board.page.get_by_label("岗位口令")).to_be_visible()
        board.page.goto(address)
        expect(board.page.get_by_label("岗位口令")).to_be_visible()


def test_who_has_duty_acts_under_the_post_of_the_token(browser: Browser, address: str) -> None:
    with screen(browser, address, token=TOKENS["duty"]) as board:
        expect(board.page.locator("article.alert")).to_have_count(2)
        expect(board.card("水电气网").locator("[data-action=acknowledge]")).to_be_visible()
        expect(board.page.get_by_role("button", name="岗位")).to_have_count(0)


def test_an_unusual_count_says_how_unusual_in_words_and_as_a_chart(
    browser: Browser, address: str
) -> None:
    for theme in ("light", "dark"):
        with screen(browser, address, token=TOKENS["duty"], theme=theme) as board:
            card = board.card("水电气网异常增多")
            expect(card).to_contain_text("常见范围 11–27")
            expect(card).to_contain_text("平常约 2,500 天才有一天这样")
            card.locator(".title").click()
            dialog = board.page.get_by_role("dialog")
            expect(dialog.locator(".plot canvas")).to_be_visible()
            expect(dialog).to_contain_text("浅色块：今天的常见范围 11–27")
            dialog.get_by_text("数据表").click()
            expect(dialog.locator(".data td").last).to_have_text("46")
            board.picture(f"dialog-chart-{theme}")
            assert board.barriers() == []
