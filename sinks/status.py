"""The status page: what was counted, what was raised, how the stages are. Read-only, no script."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson
from aiohttp import web

from sinks import paper
from sinks.asking import covers
from sinks.digests import digest
from sinks.standing import name_of, standing
from sinks.store import Store
from streams.categories import CATEGORIES, CategoryCode
from streams.clock import Clock, SystemClock
from streams.digests import NAMES
from streams.errors import HuishangError
from streams.names import STATUS_NAMES

Health = Callable[[], Mapping[str, object]]
Scope = Callable[[web.Request], Sequence[str]]

PAGE: Final = "/status"

_REFRESH_S: Final = 5
_HEADERS: Final = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{paper.STYLE_HASH}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_LEVELS: Final = {1: "红 red", 2: "橙 orange", 3: "黄 yellow", 4: "蓝 blue"}
_STATUSES: Final = {status: f"{name} {status}" for status, name in STATUS_NAMES.items()}
_COUNTY_COLUMNS: Final = (
    ("county", "区县", "county"),
    ("counted", "已计入", "counted"),
    ("duplicates", "重复", "duplicates"),
    ("dead_letters", "退回", "dead letters"),
    ("n_1h", "近 1 小时", "1 h"),
    ("n_24h", "近 24 小时", "24 h"),
    ("n_7d", "近 7 天", "7 d"),
    ("alerts", "预警", "alerts"),
)


def routes(
    store: Store,
    health: Health,
    *,
    clock: Clock | None = None,
    zone: ZoneInfo | None = None,
    scope: Scope = lambda _: (),
) -> list[web.RouteDef]:
    """/status for people, /status.json for programs, /digests/<id> for one daily report.

    health: rows about the stages, by name; called in the event loop, must not
    block. clock: what "now" is for the rolling totals. zone: of the times shown.
    scope: of a request, prefixes of the counties it may see; none: all.
    """
    zone = zone or ZoneInfo("Asia/Shanghai")
    page = _Status(store, health, clock or SystemClock(), zone, scope)
    return [
        web.get(PAGE, page.html),
        web.get("/status.json", page.json),
        web.get("/digests/{id}", page.digest),
    ]


class _Status:
    """The routes' handlers. The store is asked by one request at a time."""

    def __init__(
        self, store: Store, health: Health, clock: Clock, zone: ZoneInfo, scope: Scope
    ) -> None:
        self._store = store
        self._health = health
        self._clock = clock
        self._zone = zone
        self._scope = scope
        self._turn = asyncio.Lock()

    async def html(self, request: web.Request) -> web.Response:
        health = dict(self._health())
        try:
            found = await self._standing(request)
        except HuishangError as error:
            body = _head(self._shown(self._clock.now())) + _trouble(error) + _health(health)
            return _html("会商 Huishang", body, status=503)
        body = "".join(
            (
                _head(self._shown(found["at"])),
                _counties(found["counties"], found["totals"]),
                self._alerts(found["alerts"]),
                self._digests(found["digests"]),
                _health(health),
            )
        )
        return _html("会商 Huishang", body)

    async def json(self, request: web.Request) -> web.Response:
        answer: dict[str, Any] = {"health": dict(self._health())}
        status = 200
        try:
            answer |= await self._standing(request)
        except HuishangError as error:
            answer["error"] = str(error)
            status = 503
        return web.Response(
            body=orjson.dumps(answer, default=str, option=orjson.OPT_NON_STR_KEYS),
            status=status,
            headers=_HEADERS | {"Content-Type": "application/json; charset=utf-8"},
        )

    async def digest(self, request: web.Request) -> web.Response:
        try:
            async with self._turn:
                found = await asyncio.to_thread(digest, self._store, request.match_info["id"])
        except HuishangError as error:
            return _html("会商 Huishang", _trouble(error), status=503)
        if found is None or not covers(self._scope(request), found["county"]):
            body = (
                '<p class="none">没有这份报告。No such digest.</p>'
                f'<p><a href="{PAGE}">返回 back</a></p>'
            )
            return _html("会商 Huishang", body, status=404)
        later = found["replaced_by"]
        body = (
            f'<nav><a href="{PAGE}">返回 back</a>'
            f'<span class="soft">{escape(self._shown(found["issued_at"]))}</span></nav>'
            + (
                f'<p class="trouble"><a href="/digests/{escape(later)}">已有更正版本 a later edition '
                "replaces this one</a></p>"
                if later
                else ""
            )
            + paper.fragment(found, self._zone)
        )
        return _html(found["title"], body, refresh=False)

    async def _standing(self, request: web.Request) -> dict[str, Any]:
        scope = self._scope(request)
        async with self._turn:
            return await asyncio.to_thread(standing, self._store, self._clock.now(), scope)

    def _shown(self, instant: datetime) -> str:
        return instant.astimezone(self._zone).strftime("%Y-%m-%d %H:%M:%S")

    def _alerts(self, alerts: Sequence[Mapping[str, Any]]) -> str:
        rows = [
            (
                f'<td class="level l{alert["level"]}">{_LEVELS.get(alert["level"], "")}</td>',
                f'<td class="t">{self._shown(alert["raised_at"])}</td>',
                f"<td>{_named(alert['county'])}<br>{_leaf(alert['category'])}</td>",
                f"<td class='long'><strong>{escape(alert['title'])}</strong><br>{escape(alert['reason'])}</td>",
                f'<td class="n">{_number(alert["observed"])} / {_number(alert["limit"])}</td>',
                f"<td>{escape(_STATUSES.get(alert['status'], alert['status']))}</td>",
            )
            for alert in alerts
        ]
        columns = (
            *(
                ("", "级别", "level"),
                ("", "时间", "raised"),
                ("", "区县、类别", "county, category"),
            ),
            *(
                ("", "原因", "reason"),
                ("n", "实际 / 限值", "observed / limit"),
                ("", "状态", "status"),
            ),
        )
        return _section("最新预警", "latest alerts", columns, rows)

    def _digests(self, digests: Sequence[Mapping[str, Any]]) -> str:
        rows = [
            (
                f'<td class="t">{self._shown(found["issued_at"])}</td>',
                f"<td>{escape(NAMES.get(found['kind'], ''))} <small>{escape(found['kind'].replace('_', ' '))}</small></td>",
                f"<td>{_named(found['county'])}</td>",
                f'<td><a href="/digests/{escape(found["id"])}">{escape(found["title"])}</a></td>',
            )
            for found in digests
        ]
        columns = (
            *(("", "时间", "issued"), ("", "种类", "kind")),
            *(("", "区县", "county"), ("", "标题", "title")),
        )
        return _section("最新报告", "latest digests", columns, rows)


def _html(title: str, body: str, *, status: int = 200, refresh: bool = True) -> web.Response:
    page = paper.page(title, body, _REFRESH_S if refresh else 0)
    headers = _HEADERS | {"Content-Type": "text/html; charset=utf-8"}
    return web.Response(text=page, status=status, headers=headers)


def _head(at: str) -> str:
    return (
        "<header><h1>会商 <small>Huishang</small></h1>"
        f'<span class="soft">{escape(at)} · 每 {_REFRESH_S} 秒更新 refreshes every {_REFRESH_S} s'
        ' · <a href="/">值班台 duty board</a> · <a href="/status.json">JSON</a></span></header>'
    )


def _trouble(error: HuishangError) -> str:
    return (
        f'<p class="trouble">数据库暂时不可用。The store does not answer: {escape(str(error))}</p>'
    )


def _counties(counties: Sequence[Mapping[str, Any]], totals: Mapping[str, int]) -> str:
    figures = [name for name, _, _ in _COUNTY_COLUMNS[1:]]
    rows = [
        (
            f"<td>{_named(row['code'])}</td>",
            *(f'<td class="n">{row[name]:,}</td>' for name in figures),
        )
        for row in counties
    ]
    foot = "<th>合计 <small>total</small></th>" + "".join(
        f'<td class="n">{totals[name]:,}</td>' for name in figures
    )
    columns = [
        ("" if name == "county" else "n", label, english)
        for name, label, english in _COUNTY_COLUMNS
    ]
    note = (
        '<p class="soft">已计入：收到并接受的全部事件；收到总数 = 已计入 + 重复 + 退回。'
        "近 1 小时、24 小时、7 天：含当前整点小时的上报件数。<br>counted: every accepted event; "
        "published = counted + duplicates + dead letters. 1 h, 24 h, 7 d: reports in the hour "
        "buckets that end with the current hour.</p>"
    )
    return _section("各区县", "counties", columns, rows, foot if rows else "") + note


def _health(health: Mapping[str, object]) -> str:
    rows = [
        (f"<th>{escape(str(name))}</th>", f"<td>{escape(_plain(value))}</td>")
        for name, value in health.items()
    ]
    return _section("运行情况", "pipeline", (("", "项目", "what"), ("", "情况", "how")), rows)


def _section(
    title: str,
    english: str,
    columns: Iterable[tuple[str, str, str]],
    rows: Sequence[Sequence[str]],
    foot: str = "",
) -> str:
    """A table. columns: CSS class, Chinese, English. Cells and foot are ready HTML."""
    head = f"<h2>{title} <small>{english}</small></h2>"
    if not rows:
        return f'{head}<div class="wide"><div class="none">暂无 none yet</div></div>'
    names = "".join(
        f'<th class="{kind}">{label}<small>{gloss}</small></th>' for kind, label, gloss in columns
    )
    body = "".join(f"<tr>{''.join(cells)}</tr>" for cells in rows)
    end = f"<tfoot><tr>{foot}</tr></tfoot>" if foot else ""
    return (
        f'{head}<div class="wide"><table><thead><tr>{names}</tr></thead>'
        f"<tbody>{body}</tbody>{end}</table></div>"
    )


def _named(county: str) -> str:
    if not county:
        return "未知区县 <small>county unknown</small>"
    return f"{escape(name_of(county))} <small>{escape(county)}</small>"


def _leaf(category: str) -> str:
    leaf = CATEGORIES.get(CategoryCode(category))
    return f"{escape(leaf.name if leaf else '')} <small>{escape(category)}</small>"


def _number(value: float) -> str:
    """A figure for people: two places at most.

    >>> _number(41.0), _number(1234.5), _number(0.125)
    ('41', '1,234.5', '0.12')
    """
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def _plain(value: object) -> str:
    if isinstance(value, str):
        return value
    return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
