"""What duty staff read, word for word, and the forms in which each service gets it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sinks.channels import formats
from sinks.channels.answers import DINGTALK, FEISHU, WECOM, Codes, of_code, of_log, of_status
from sinks.channels.book import Held
from sinks.channels.config import Channel
from sinks.channels.desk import Notice
from sinks.channels.messages import Key, of_alert, of_digest
from sinks.channels.wording import Text, text_of
from streams.answers import Digest
from tests.stores import alert, digest

ZONE = ZoneInfo("Asia/Shanghai")
EIGHT = datetime(2026, 3, 1, 8, tzinfo=ZONE).astimezone(UTC)
CHANNEL = Channel(name="duty", url="json://x")
BURST: dict[str, Any] = {
    "level": 2,
    "rule": "burst-day",
    "category": "D09",
    "title": "甘州区：劳动争议24小时内31件",
    "reason": "03月01日08时起24小时内，劳动争议类事项31件，达到规则 burst-day 的上限20件。",
    "window_start": EIGHT,
    "window_end": EIGHT + timedelta(hours=24),
    "observed": 31,
    "limit": 20,
    "expected": 12.345,
    "p_value": 0.00041,
    "raised_at": EIGHT,
}
PAGE = "https://duty.example.cn"


def said(*alerts: Any, channel: Channel = CHANNEL, page: str = "") -> Text:
    messages = tuple(found for one in alerts if (found := of_alert(one)))
    return text_of(Notice("n", messages), channel, page, ZONE)


def said_of(issued: Digest, page: str = "") -> Text:
    return text_of(Notice("n", (of_digest(issued),)), CHANNEL, page, ZONE)


def test_one_alert() -> None:
    text = said(alert(**BURST), page=PAGE)
    assert text.title == "【橙色】甘州区：劳动争议24小时内31件"
    assert formats.plain(text) == (
        "原因：03月01日08时起24小时内，劳动争议类事项31件，达到规则 burst-day 的上限20件。\n"
        "观测值 31，限值 20，预期 12.35，偶然出现的概率 0.00041\n"
        "时段：03月01日08:00 至 03月02日08:00\n\n"
        "编号 00000000000000aa\n"
        "确认：huishang alerts ack 00000000000000aa --by 岗位\n"
        "值班页：https://duty.example.cn"
    )


def test_the_excerpt_is_told_only_where_that_was_asked_for() -> None:
    excerpt = "与邻居因宅基地发生争执"
    assert excerpt not in str(said(alert()))
    assert (
        f"摘录：{excerpt}"
        in said(alert(), channel=Channel(name="a", url="json://x", excerpt=True)).lines
    )
    notice = Notice("n", tuple(filter(None, [of_alert(alert())])))
    for asked in (False, True):
        event = formats.cloudevent(notice, said(alert()), "a", "", excerpt=asked)
        assert (excerpt in str(event)) is asked


def test_an_escalated_one_says_so() -> None:
    text = said(alert(**BURST, status="escalated", status_at=EIGHT))
    assert text.title.startswith("【橙色·提级】")
    assert "此提醒在时限内无人确认，现提级告知，请立即处置。" in text.lines


def test_several_of_a_group() -> None:
    others = BURST | {"level": 3, "title": "甘州区：劳动争议1小时内22件", "rule": "burst-hour"}
    text = said(alert("0" * 15 + "1", **others), alert("0" * 15 + "2", **BURST))
    assert text.title == "【橙色】甘州区劳动争议：2条提醒"
    assert text.lines == [
        "1. 【橙色】甘州区：劳动争议24小时内31件（08:00，编号 0000000000000002）",
        "2. 【黄色】甘州区：劳动争议1小时内22件（08:00，编号 0000000000000001）",
        "确认：huishang alerts ack 0000000000000002 0000000000000001 --by 岗位",
    ]


def test_a_summary_counts_by_level_and_rule() -> None:
    held = [
        (Key(str(number), "firing", 0), Held(level, rule, "alerts", county, EIGHT, why))
        for number, (level, rule, county, why) in enumerate(
            [
                (3, "burst-hour", "620702", "limit"),
                (3, "burst-hour", "620721", "limit"),
                (2, "burst-day", "620702", "quiet"),
            ]
        )
    ]
    text = text_of(Notice("n", summary=tuple(held)), CHANNEL, PAGE, ZONE)
    assert text.title == "另有3条提醒未逐条发送"
    assert text.lines == [
        "其中超出本通道发送上限 2 条，安静时段 1 条。",
        "橙色（规则 burst-day）：1条",
        "黄色（规则 burst-hour）：2条",
        "涉及：甘州区2条，肃南裕固族自治县1条",
        "全部提醒：huishang alerts list",
        f"值班页：{PAGE}",
    ]


def test_a_daily_report_without_tables() -> None:
    body = "# 甘州区日报告\n\n时段：…\n\n- 新增事项 3 件\n\n| 类别 | 件数 |\n| --- | ---: |\n| **物业** | 3 |\n\n指标说明：\n\n- 新增事项：…\n"
    text = said_of(digest(body=body), PAGE)
    assert text.title == "甘州区日报告"
    assert text.lines == [
        *("时段：…", "- 新增事项 3 件", "类别　件数", "物业　3"),
        f"全文：{PAGE}/digests/00000000000000dd",
    ]
    assert "指标说明：" in said_of(digest(body=body)).lines  # where there is no page to look at


def test_a_test_is_no_alert() -> None:
    text = text_of(Notice("n"), CHANNEL, "", ZONE)
    assert text.title == "【测试】会商提醒通道"
    assert text.lines == ["会商提醒通道 duty 已接通。", "这是一条测试消息，无需处置。"]
    event = formats.cloudevent(Notice("n"), text, "duty", "", excerpt=False)
    assert event["data"]["alerts"] == []


# -- forms ---------------------------------------------------------------------


def test_wecom() -> None:
    content = formats.wecom(said(alert(**BURST)))["markdown"]["content"]
    assert content.startswith(
        '**<font color="warning">【橙色】甘州区：劳动争议24小时内31件</font>**\n原因：'
    )


def test_dingtalk() -> None:
    body = formats.dingtalk(said(alert(**BURST)), ["13800000000"])
    assert body["markdown"]["title"] == "【橙色】甘州区：劳动争议24小时内31件"
    assert body["markdown"]["text"].startswith("### 【橙色】甘州区：劳动争议24小时内31件\n\n原因：")
    assert body["markdown"]["text"].endswith("@13800000000")
    assert body["at"] == {"atMobiles": ["13800000000"], "isAtAll": False}


def test_feishu() -> None:
    card = formats.feishu(said(alert(**BURST)))["card"]
    assert card["header"]["template"] == "orange"
    assert card["header"]["title"]["content"] == "【橙色】甘州区：劳动争议24小时内31件"


def test_what_people_wrote_cannot_become_markup() -> None:
    text = said(
        alert(title="<font color=red>a</font> [b](http://c) *d*", reason="<script>x</script>")
    )
    assert "<font color=red>" not in formats.wecom(text)["markdown"]["content"]
    assert "[b](" not in formats.dingtalk(text, [])["markdown"]["text"]
    assert "<script>" not in formats.html(text)


@pytest.mark.parametrize("lines", [400, 1])
def test_what_is_too_long_is_cut_and_said_to_be(lines: int) -> None:
    text = Text("标题", ((("长" * (40_000 // lines),) * lines),), 1)
    wecom = formats.wecom(text)["markdown"]["content"]
    assert len(wecom.encode()) <= formats.WECOM_BYTES
    assert wecom.endswith(formats.CUT)
    for body in (formats.dingtalk(text, []), formats.feishu(text)):
        assert len(json.dumps(body, ensure_ascii=False).encode()) <= 20_000
        assert formats.CUT in str(body)


def test_a_webhook_gets_the_alerts_themselves() -> None:
    notice = Notice("n1", tuple(filter(None, [of_alert(alert(**BURST))])))
    event = formats.cloudevent(
        notice, said(alert(**BURST)), "duty", "2026-03-01T08:00:00Z", excerpt=False
    )
    assert (event["specversion"], event["id"], event["type"]) == ("1.0", "n1", "huishang.notice.v1")
    assert event["data"]["alerts"][0]["id"] == "00000000000000aa"
    assert event["data"]["alerts"][0]["expected"] == 12.345


# -- answers -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("codes", "body", "expected"),
    [
        (WECOM, {"errcode": 0}, "accepted"),
        (WECOM, {"errcode": 93000, "errmsg": "invalid webhook url"}, "misplaced"),
        (WECOM, {"errcode": 40058, "errmsg": "content exceed max length"}, "refused"),
        (DINGTALK, {"errcode": 310000, "errmsg": "sign not match"}, "misplaced"),
        (DINGTALK, {"errcode": 130101, "errmsg": "send too fast"}, "later"),
        (FEISHU, {"code": 0, "msg": "success"}, "accepted"),
        (FEISHU, {"StatusCode": 0}, "accepted"),
        (FEISHU, {"code": 19021, "msg": "sign match fail"}, "misplaced"),
        (FEISHU, {"code": 11232}, "later"),
        (FEISHU, None, "misplaced"),
        (WECOM, [], "misplaced"),
        (WECOM, {"errcode": "0"}, "misplaced"),
    ],
)
def test_the_code_in_the_body_decides(codes: Codes, body: Any, expected: str) -> None:
    assert of_code(codes, body).outcome.value == expected


def test_a_wait_that_is_asked_for_is_kept_to_within_reason() -> None:
    assert of_status(429, "7").retry_after_s == 7
    assert of_status(503, "999999").retry_after_s == 3_600
    for nonsense in ("-5", "soon", "nan", ""):
        assert of_status(429, nonsense).retry_after_s == 0


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Socket Exception: (535, b'5.7.8 bad credentials')", "misplaced"),
        ("Socket Exception: (451, b'try again')", "later"),
        ("Socket Exception: (552, b'too large')", "refused"),
        (
            "Failed to send Slack notification: Unauthorized - Invalid Token, error=401.",
            "misplaced",
        ),
        ("Socket Exception: [Errno 111] Connection refused", "later"),
    ],
)
def test_what_apprise_logs_is_understood(line: str, expected: str) -> None:
    assert of_log(["Connecting …", line]).outcome.value == expected
