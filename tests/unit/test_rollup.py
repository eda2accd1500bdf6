"""A city's digest out of its counties': sums, what is missing, editions; and how it prints."""

from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

from sinks import paper
from sinks.rollup import rolled_up
from streams.answers import Digest

ZONE = ZoneInfo("Asia/Shanghai")
END = datetime(2026, 3, 1, 8, tzinfo=UTC)


def part(county: str, edition: int = 1, minute: int = 0, **figures: int) -> dict[str, object]:
    return {
        "id": f"{county}{edition}",
        "kind": "daily_report",
        "county": county,
        "window_start": END - timedelta(days=1),
        "window_end": END,
        "issued_at": END + timedelta(minutes=minute),
        "figures": {"total": 0, "reported": 1, **figures},
        "edition": edition,
    }


def as_part(digest: Digest) -> dict[str, object]:
    row = {name: getattr(digest, name) for name in ("id", "kind", "figures", "edition")}
    return row | {"county": digest.county_code, "window_end": digest.window_end}


def test_figures_of_counties_add_up_and_others_do_not() -> None:
    parts = [part("620702", total=3, S01=3, before=9), part("620721", total=1, D09=1, before=1)]
    city = rolled_up(parts, ZONE)
    assert city is not None
    assert (city.county_code, city.kind) == ("620700", "daily_report")
    assert city.figures == {"total": 4, "S01": 3, "D09": 1, "reported": 2}
    assert "| **合计** | **4** |" in city.body
    assert city.title == "张掖市日报告 2026-03-01"


def test_the_same_parts_in_any_order_give_the_same_digest() -> None:
    parts = [part("620702", total=3), part("620721", minute=2, total=1)]
    assert rolled_up(parts, ZONE) == rolled_up(parts[::-1], ZONE)


def test_counties_that_did_not_speak_and_those_without_a_report_are_named() -> None:
    city = rolled_up([part("620702", total=3), part("620721", reported=0)], ZONE)
    assert city is not None
    assert "没有上报也没有零报告的区县：肃南裕固族自治县。" in city.body
    assert "没有日报告的区县：民乐县、临泽县、高台县、山丹县。" in city.body


def test_another_edition_says_what_changed_and_the_same_again_is_none() -> None:
    first = rolled_up([part("620702", total=3)], ZONE)
    assert first is not None
    assert rolled_up([part("620702", total=3)], ZONE, as_part(first)) is None
    second = rolled_up([part("620702", 2, total=4)], ZONE, as_part(first))
    assert second is not None
    assert (second.edition, second.replaces) == (2, first.id)
    assert second.changes == ["新增事项由3改为4"]
    assert "更正（第2版" in second.body


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        assert not [name for name, _ in attrs if name in {"href", "src", "onclick", "style"}]


def entry(kind: str, note: str = "", by: str = "值班长") -> dict[str, object]:
    return {"kind": kind, "by": by, "at": datetime(2026, 3, 1, 9, tzinfo=UTC), "note": note}


def test_what_was_signed_stands_under_the_body_and_changes_nothing_in_it() -> None:
    body = "# 日报告\n\n- 新增事项：*3* 件\n"
    assert paper.markdown({"body": body, "log": []}, ZONE) == body
    log = [entry("sign"), entry("amend", "已恢复\n\n供水"), entry("sign", "同意", "局长")]
    signed = paper.markdown({"body": body, "log": log}, ZONE)
    assert signed.removeprefix(body).split() == [
        *("---", "签发：值班长", "2026-03-01", "17:00"),
        *("补充说明：已恢复", "供水（值班长", "2026-03-01", "17:00）"),
        *("签发：局长", "2026-03-01", "17:00（同意）"),
    ]


def test_what_was_signed_stays_text_on_paper() -> None:
    hostile = "<script>1</script> **粗** [x](http://z) | a | `b` &lt; # 标题\n---\n1. 一"
    log = [entry("amend", hostile, "<b>"), entry("sign", hostile)]
    tags, bare = Tags(), Tags()
    page = paper.fragment({"body": "# 日报告\n", "log": log}, ZONE)
    tags.feed(page)
    bare.feed(paper.fragment({"body": "# 日报告\n", "log": []}, ZONE))
    assert sorted(tags.seen) == sorted([*bare.seen, "hr", "p", "p"])
    assert "**粗** [x](http://z) | a | `b` &amp;lt; # 标题 --- 1. 一（" in page


def test_paper_is_a_whole_page_in_which_texts_stay_texts() -> None:
    hostile = "# 标题 <script>alert(1)</script>\n\n[x](javascript:alert(1)) ![y](http://z/z.png)\n"
    tags = Tags()
    page = paper.page(
        "日报告 <b>",
        paper.fragment(
            {"body": hostile + "\n| a | b |\n| --- | ---: |\n| 1 | 2 |\n", "log": []}, ZONE
        ),
    )
    tags.feed(page)
    assert {"html", "h1", "table", "footer"} <= set(tags.seen)
    assert not {"script", "a", "img", "b"} & set(tags.seen)
    assert "签发岗位" in page
