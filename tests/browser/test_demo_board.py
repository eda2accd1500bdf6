"""The board a newcomer sees: the demo's day on a desk, a wall and a phone, for everybody, in both languages."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.screens import DESK, PHONE, WALL, screen
from tests.processes import run_huishang
from tests.waiting import eventually_sync

SIZES = {"desk": (DESK, "desk"), "wall": (WALL, "wall"), "phone": (PHONE, "desk")}
PORTS = ("KAFKA", "CLICKHOUSE", "STATUS", "INTAKE", "TALLY")


@pytest.fixture(scope="module")
def address(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The board of a small demo that is left running, as `huishang demo` leaves it."""
    folder: Path = tmp_path_factory.mktemp("demo")
    env = {"HUISHANG_DATA": str(folder / "data")} | {f"HUISHANG_{name}_PORT": "0" for name in PORTS}
    with run_huishang("demo", "--events", "800", folder=folder, env=env, name="demo") as demo:

        def said() -> str | None:
            if not demo.running:
                raise RuntimeError(demo.tail())
            found = re.search(r"Duty board: (http://\S+)", demo.text())
            return found and found[1]

        yield eventually_sync(said, within_s=120, every_s=0.2, what="the demo's board")


@pytest.mark.parametrize(
    ("lang", "theme"), [("zh-CN", "light"), ("zh-CN", "dark"), ("en", "light")]
)
@pytest.mark.parametrize("size", SIZES)
def test_every_view_is_accessible_and_fits(
    browser: Browser, address: str, size: str, theme: str, lang: str
) -> None:
    window, view = SIZES[size]
    with screen(browser, address, window, lang=lang, theme=theme, view=view) as board:
        expect(board.page.locator("article.alert").first).to_be_visible()
        board.picture(f"{size}-{theme}-{lang}")
        assert board.overflows() == 0
        assert board.barriers() == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_dialogs_are_accessible(browser: Browser, address: str, theme: str) -> None:
    with screen(browser, address, theme=theme) as board:
        dialog = board.page.get_by_role("dialog")
        for name, opener in {
            "alert": "article.alert .title",
            "report": ".papers .link",
            "handover": "#handover button",
            "assign": "[data-action=assign]",
        }.items():
            board.page.locator(opener).first.click()
            expect(dialog).to_be_visible()
            board.picture(f"dialog-{name}-{theme}")
            assert board.barriers() == [], name
            board.page.keyboard.press("Escape")
            expect(dialog).to_have_count(0)
            expect(board.page.locator(opener).first).to_be_focused()


def test_on_a_wall_nothing_is_cut_and_type_is_large(browser: Browser, address: str) -> None:
    """Read from four metres: letters of 20 px and more; what does not fit is counted."""
    with screen(browser, address, WALL, view="wall") as board:
        expect(board.page.locator("article.alert").first).to_be_visible()
        sizes = board.page.evaluate("""() => {
            const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
            const found = [];
            while (walker.nextNode()) {
                const { parentElement: on, data } = walker.currentNode;
                if (!data.trim() || !on.checkVisibility({visibilityProperty: true})) continue;
                if (on.closest('.hidden, .skip, script, .wall-switch, svg, [aria-hidden]')) continue;
                found.push([parseFloat(getComputedStyle(on).fontSize), data.trim().slice(0, 20)]);
            }
            return found;
        }""")
        assert sizes
        assert [one for one in sizes if one[0] < 19] == []
        shown = board.page.locator("#alert-list li:not(.beyond) > article")
        bottom = board.page.evaluate("innerHeight")
        for box in [card.bounding_box() for card in shown.all()]:
            assert box
            assert box["y"] + box["height"] <= bottom
        beyond = board.page.locator("#alert-list li.beyond > article").count()
        assert board.page.locator("#more").is_visible() == (beyond > 0)


def test_a_phone_shows_one_section_at_a_time(browser: Browser, address: str) -> None:
    with screen(browser, address, PHONE) as board:
        sections = board.page.locator("main > section")
        for name in ("区县", "日报告", "值班记录", "预警"):
            board.page.locator("#tabs").get_by_role("button", name=name).tap()
            expect(sections.filter(visible=True)).to_have_count(1)
            assert board.overflows() == 0, name
            small = board.page.evaluate("""() => [...document.querySelectorAll('button, a, summary')]
                .filter((one) => one.checkVisibility() && !one.closest('.skip'))
                .filter((one) => Math.min(one.offsetWidth, one.offsetHeight) < 20)
                .map((one) => one.outerHTML.slice(0, 120))""")
            assert small == [], name


def test_language_and_theme_are_remembered(browser: Browser, address: str) -> None:
    with screen(browser, address) as board:
        page = board.page
        page.goto(address)
        board.live()
        page.get_by_role("button", name="English").click()
        expect(page.locator("#alerts-name")).to_have_text("Alerts")
        page.get_by_text("Settings").click()
        page.get_by_role("group", name="Theme").get_by_role("button", name="Dark").click()
        page.reload()
        board.live()
        expect(page.locator("#alerts-name")).to_have_text("Alerts")
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        assert (
            page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(243, 244, 241)"
        )


def test_a_county_is_picked_from_table_and_map(browser: Browser, address: str) -> None:
    with screen(browser, address) as board:
        cards = board.page.locator("article.alert")
        everything = cards.count()
        board.page.locator("#county-table").get_by_role("button", name="甘州区").click()
        expect(cards).not_to_have_count(everything)
        for where in cards.locator(".where").all_text_contents():
            assert "甘州区" in where
        board.page.locator("#map .county.chosen").click()
        expect(cards).to_have_count(everything)


def test_a_link_opens_one_alert_or_one_county(browser: Browser, address: str) -> None:
    """As the tables of other boards lead here."""
    with screen(browser, address) as board:
        identifier = board.page.locator("article.alert").last.get_attribute("data-id")
        board.page.goto(f"{address}?alert={identifier}")
        expect(board.page.locator(f"dialog[data-id='{identifier}']")).to_be_visible()
        board.page.goto(f"{address}?county=620702&alert=nothing")
        expect(board.page.locator("#map .county.chosen")).to_have_count(1)
        expect(board.page.get_by_role("dialog")).to_have_count(0)


def test_a_figure_says_what_it_means(browser: Browser, address: str) -> None:
    with screen(browser, address) as board:
        asked = board.page.locator("#figures .n_24h .what")
        asked.focus()
        board.page.keyboard.press("Enter")
        said = board.page.locator("#definition")
        expect(said).to_be_visible()
        assert len(said.inner_text()) > 10
        board.page.keyboard.press("Escape")
        expect(said).to_be_hidden()
        expect(asked).to_be_focused()


def test_a_report_is_read_amended_signed_and_taken_along(browser: Browser, address: str) -> None:
    with screen(browser, address) as board, screen(browser, address) as other:
        board.page.locator(".papers .link", has_text="甘州区日报告").click()
        paper = board.page.get_by_role("dialog").first
        expect(paper.locator(".paper-body h1")).to_contain_text("甘州区")
        with board.page.expect_download() as download:
            paper.get_by_role("link", name="CSV").click()
        assert download.value.suggested_filename.endswith(".csv")
        assert Path(download.value.path()).stat().st_size > 50

        paper.get_by_role("button", name="批注").click()
        asked = board.page.get_by_role("dialog").last
        asked.get_by_label("说明").fill("翠湾小区停水已于十八时恢复")
        asked.get_by_role("button", name="批注").click()
        expect(paper.locator(".line")).to_contain_text("翠湾小区停水已于十八时恢复")
        paper.get_by_role("button", name="签发").click()
        board.page.get_by_role("dialog").last.get_by_role("button", name="签发").click()
        expect(paper.locator(".chip.good")).to_contain_text("签发")
        expect(other.page.locator("#log")).to_contain_text("翠湾小区停水已于十八时恢复")
        signed = other.page.locator(".papers > li", has_text="甘州区日报告")
        expect(signed.locator(".chip.good")).to_contain_text("签发")


def test_a_report_prints_whole_and_dark_on_white(browser: Browser, address: str) -> None:
    with screen(browser, address, theme="dark") as board:
        board.page.locator(".papers .link").first.click()
        expect(board.page.locator("dialog .paper-body h1")).to_be_visible()
        board.page.emulate_media(media="print")
        board.page.evaluate("dispatchEvent(new Event('beforeprint'))")
        paper = board.page.locator(".on-paper")
        expect(paper.locator("h1")).to_be_visible()
        expect(paper.locator(".signed")).to_be_visible()
        expect(board.page.locator("#board")).to_be_hidden()
        expect(board.page.get_by_role("dialog")).to_be_hidden()
        assert paper.evaluate("(paper) => getComputedStyle(paper).color") == "rgb(26, 33, 39)"
        board.page.evaluate("dispatchEvent(new Event('afterprint'))")
        expect(paper).to_have_count(0)


def test_a_shift_is_handed_over_with_a_draft(browser: Browser, address: str) -> None:
    with screen(browser, address) as board:
        board.page.locator("#handover button").click()
        draft = board.page.get_by_role("dialog").get_by_label("交接内容")
        assert "预警" in draft.input_value()
        draft.fill(draft.input_value() + "夜班请盯紧甘州区。")
        board.page.get_by_role("button", name="提交").click()
        expect(board.page.locator("#log")).to_contain_text("夜班请盯紧甘州区")


def test_a_reader_without_script_is_told_where_to_look(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    try:
        page = context.new_page()
        page.goto(address)
        expect(page.get_by_role("link", name="运行情况页")).to_be_visible()
    finally:
        context.close()
