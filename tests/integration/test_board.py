"""The duty board: who gets in, what each sees and may do, what every answer carries."""

import re
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sinks import migrate
from sinks.rows import row_of_alert, row_of_digest, rows_of_totals
from sinks.store import Store, embedded_dsn
from streams.duty import DutyRow
from streams.totals import ActionRow, CountRow
from tests.duty_board import TOKENS, Board, access_file, bearer, digest_of, serving_board
from tests.stores import DAY, HOUR, NOW, alert, digest, totals
from tests.waiting import eventually

IN, OUT, WHOLE = "00000000000000a1", "00000000000000a2", "00000000000000a3"
REPORT, OTHER_REPORT, CITY = "00000000000000d1", "00000000000000d2", "00000000000000d3"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """620702 is in the scope of `…-one`; 620721 and the city are not."""
    with Store.open(embedded_dsn(tmp_path_factory.mktemp("board") / "store")) as store:
        migrate.apply(store, NOW)
        filled = totals(
            1,
            CountRow("620702", "D01", "phone", HOUR, 0, 5),
            CountRow("620721", "D02", "web", HOUR - 30, 0, 20),
        )
        filled.actions.append(
            ActionRow("620702", IN, 7, "useful", "值班长", HOUR * 3600, "有用", verdict="done")
        )
        filled.duty.append(
            DutyRow("620702", REPORT, 9, "amend", "值班长", HOUR * 3600, "已恢复供水")
        )
        for table, rows in rows_of_totals(filled).items():
            store.insert(table, rows)
        store.insert(
            "count_days",
            [("620702", "D01", DAY, 5, 0, 0, 0, 0, 0, 0, 0, 0, 1)],
        )
        store.insert(
            "alerts",
            [
                row_of_alert(alert(IN, title="甘州区红色事件")),
                row_of_alert(alert(OUT, county_code="620721", title="肃南红色事件")),
                row_of_alert(alert(WHOLE, county_code="000000", category="", rule="poison")),
            ],
        )
        store.insert(
            "digests",
            [
                row_of_digest(digest(REPORT, title="甘州区日报告", figures={"total": 3}), 1),
                row_of_digest(digest(OTHER_REPORT, county_code="620721", title="肃南日报告"), 1),
                row_of_digest(digest(CITY, county_code="620700", title="张掖市日报告"), 1),
            ],
        )
        yield store


@pytest.fixture
async def board(store: Store, tmp_path: Path) -> AsyncIterator[Board]:
    """With an access file; nothing is in the audit."""
    store.command("TRUNCATE TABLE audit")
    async with serving_board(store, tmp_path, access_file(tmp_path)) as board:
        yield board


@pytest.fixture
async def local(store: Store, tmp_path: Path) -> AsyncIterator[Board]:
    """Without one."""
    async with serving_board(store, tmp_path) as board:
        yield board


def action(name: str = "useful") -> dict[str, str]:
    return {"action": name}


ENTRY = {"kind": "handover", "county_code": "620721", "note": "交接"}
OWN_ENTRY = ENTRY | {"county_code": "620702"}

# Method and path → (body; statuses of: nobody, reader-all, reader-one, duty-all, duty-one, admin-all, admin-one).
EXPECTED: dict[tuple[str, str], tuple[Any, tuple[int, ...]]] = {
    ("GET", "/"): (None, (401, 200, 200, 200, 200, 200, 200)),
    ("GET", "/page/{name}"): (None, (404, 404, 404, 404, 404, 404, 404)),
    ("GET", "/login"): (None, (200, 200, 200, 200, 200, 200, 200)),
    ("POST", "/login"): ({}, (401, 401, 401, 401, 401, 429, 429)),
    ("POST", "/logout"): ({}, (401, 204, 204, 204, 204, 204, 204)),
    ("GET", "/api/v1/me"): (None, (401, 200, 200, 200, 200, 200, 200)),
    ("GET", "/api/v1/board"): (None, (401, 200, 200, 200, 200, 200, 200)),
    ("GET", "/api/v1/events"): (None, (401, 200, 200, 200, 200, 200, 200)),
    ("GET", "/api/v1/alerts/{id}"): (None, (401, 200, 404, 200, 404, 200, 404)),
    ("POST", "/api/v1/alerts/{id}/actions"): (action(), (401, 403, 403, 202, 404, 202, 404)),
    ("GET", "/api/v1/digests/{id}"): (None, (401, 200, 404, 200, 404, 200, 404)),
    ("GET", "/api/v1/digests/{id}.{ending}"): (None, (401, 200, 404, 200, 404, 200, 404)),
    ("POST", "/api/v1/duty-log"): (ENTRY, (401, 403, 403, 202, 403, 202, 403)),
    ("GET", "/api/v1/handover"): (None, (401, 200, 403, 200, 403, 200, 403)),
    ("GET", "/api/v1/definitions"): (None, (401, 200, 200, 200, 200, 200, 200)),
    ("GET", "/api/v1/audit"): (None, (401, 403, 403, 403, 403, 200, 200)),
    ("GET", "/status"): (None, (401, 200, 200, 200, 200, 200, 200)),
    ("GET", "/status.json"): (None, (401, 200, 200, 200, 200, 200, 200)),
    ("GET", "/digests/{id}"): (None, (401, 200, 404, 200, 404, 200, 404)),
}  # fmt: skip
# What a path of the table stands for: matters outside the scope of `…-one`.
OUTSIDE = {
    "/page/{name}": "/page/nothing.js",
    "/api/v1/alerts/{id}": f"/api/v1/alerts/{OUT}",
    "/api/v1/alerts/{id}/actions": f"/api/v1/alerts/{OUT}/actions",
    "/api/v1/digests/{id}": f"/api/v1/digests/{CITY}",
    "/api/v1/digests/{id}.{ending}": f"/api/v1/digests/{OTHER_REPORT}.csv",
    "/api/v1/handover": "/api/v1/handover?county=620721",
    "/digests/{id}": f"/digests/{OTHER_REPORT}",
}


def routes_of(board: Board) -> set[tuple[str, str]]:
    found = set()
    for route in board.app.router.routes():
        path = re.sub(r"\{(\w+)[^}]*\}", r"{\1}", route.resource.canonical)
        if route.method != "HEAD":
            found.add((route.method, path))
    return found


async def test_every_route_is_in_the_table_of_who_may_what(board: Board) -> None:
    assert routes_of(board) == set(EXPECTED)


@pytest.mark.parametrize(("method", "path"), EXPECTED)
async def test_every_role_and_scope_at_every_route(board: Board, method: str, path: str) -> None:
    """Everything that is asked for lies outside of what `…-one` may see."""
    body, statuses = EXPECTED[method, path]
    for token, status in zip(["", *TOKENS], statuses, strict=True):
        asked = OUTSIDE.get(path, path)
        if method == "GET":
            answer = await board.get(asked, token)
        else:
            answer = await board.post(asked, body, token)
        assert answer.status == status, (token, await answer.text())
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "aiohttp" not in answer.headers["Server"]
        if path != "/api/v1/events" and status < 400:
            text = await answer.text()
            assert ("620721" in text or "肃南" in text) <= (not token.endswith("-one")), (
                token,
                text,
            )
        answer.close()


@pytest.mark.parametrize("token", [one for one in TOKENS if one.endswith("-one")])
async def test_what_is_inside_a_scope_is_seen(board: Board, token: str) -> None:
    may = 202 if not token.startswith("reader") else 403
    assert (await board.get(f"/api/v1/alerts/{IN}", token)).status == 200
    assert (await board.get(f"/api/v1/digests/{REPORT}", token)).status == 200
    assert (await board.get(f"/digests/{REPORT}", token)).status == 200
    assert (await board.get("/api/v1/handover?county=620702", token)).status == 200
    assert (await board.post(f"/api/v1/alerts/{IN}/actions", action(), token)).status == may
    assert (await board.post("/api/v1/duty-log", OWN_ENTRY, token)).status == may
    # Of the whole deployment nothing is told to a county.
    assert (await board.get(f"/api/v1/alerts/{WHOLE}", token)).status == 404


async def test_the_board_is_that_of_the_scope(board: Board) -> None:
    every = await board.json("/api/v1/board", "duty-all")
    one = await board.json("/api/v1/board", "duty-one")
    assert {alert["id"] for alert in every["alerts"]} == {IN, OUT, WHOLE}
    assert [alert["id"] for alert in one["alerts"]] == [IN]
    assert [county["code"] for county in every["counties"]] == ["620702", "620721"]
    assert [county["code"] for county in one["counties"]] == ["620702"]
    assert one["counties"][0]["spark"] == [0] * 13 + [5]
    assert (every["totals"]["n_7d"], one["totals"]["n_7d"]) == (25, 5)
    assert every["totals"]["by_level"] == {"1": 3, "2": 0, "3": 0, "4": 0}
    assert {digest["id"] for digest in every["digests"]} == {REPORT, OTHER_REPORT, CITY}
    assert [digest["notes"] for digest in one["digests"]] == [1]
    assert [entry["note"] for entry in one["log"]] == ["已恢复供水"]
    [told] = one["alerts"]
    assert (told["rule_name"], told["level_name"], told["place"]) == ("定级上报", "红色", "甘州区")
    assert "acknowledge" in told["actions"]
    assert "reopen" not in told["actions"]
    assert all(alert["actions"] == [] for alert in every["alerts"] if alert["id"] == WHOLE)


async def test_an_alert_has_its_steps_and_who_was_told(board: Board, store: Store) -> None:
    found = await board.json(f"/api/v1/alerts/{IN}", "duty-one")
    [step] = found["steps"]
    assert (step["action_name"], step["by"], step["verdict"]) == ("有用", "值班长", "done")
    assert found["notices"] == []


async def test_an_action_is_published_and_audited(board: Board) -> None:
    asked = {"action": "assign", "assigned_to": "住建局", "note": "请今日处理"}
    answer = await board.post(f"/api/v1/alerts/{IN}/actions", asked, "duty-one")
    said = await answer.json()
    assert answer.status == 202
    [event] = board.broker.got
    assert event["id"] == said["event"]
    assert event["type"] == "huishang.alert-action.v1"
    assert event["data"] == {
        "county_code": "620702",
        "occurred_at": NOW.isoformat(timespec="milliseconds"),
        "reported_at": NOW.isoformat(timespec="milliseconds"),
        "alert_id": IN,
        "by": "甘州区值班室",
        **asked,
    }
    [row] = (await board.json("/api/v1/audit", "admin-one"))["rows"]
    assert (
        row["post"],
        row["what"],
        row["target"],
        row["county"],
        row["outcome"],
        row["event"],
    ) == (*("甘州区值班室", "assign", IN, "620702", "published", said["event"]),)


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"action": "reopen"}, 409),
        ({"action": "assign"}, 400),
        ({"action": "silence", "until": "2026-03-02T00:00:00Z"}, 400),
        ({"action": "silence", "note": "检修"}, 400),
        ({"action": "silence", "note": "检修", "until": "2026-05-02T00:00:00Z"}, 400),
        ({"action": "silence", "note": "检修", "until": "2026-03-02T00:00:00"}, 400),
        ({"action": "delete"}, 400),
        ({"action": "close", "by": "别的岗位"}, 400),
        ({"action": "close", "colour": "red"}, 400),
        ({"action": "close", "note": "长" * 501}, 400),
        (["close"], 400),
    ],
)
async def test_what_cannot_be_done_is_refused_with_words_and_audited(
    board: Board, asked: Any, status: int
) -> None:
    answer = await board.post(f"/api/v1/alerts/{IN}/actions", asked, "duty-one")
    said = (await answer.json())["error"]
    assert answer.status == status, said
    assert set(said) == {"got", "expected", "do"}
    assert all(said.values())
    assert board.broker.got == []
    [row] = (await board.json("/api/v1/audit", "admin-all"))["rows"]
    assert (row["post"], row["target"]) == ("甘州区值班室", IN)
    assert row["outcome"] == {400: "malformed", 409: "illegal"}[status]
    assert row["why"]


async def test_a_broker_that_is_away_is_said(board: Board) -> None:
    board.broker.away = True
    answer = await board.post(f"/api/v1/alerts/{IN}/actions", action(), "duty-one")
    assert answer.status == 503
    assert "Kafka" in (await answer.json())["error"]["got"]
    assert answer.headers["Retry-After"]
    [row] = (await board.json("/api/v1/audit", "admin-all"))["rows"]
    assert row["outcome"] == "away"


async def test_a_broker_that_refuses_is_not_taken_for_the_boards_own_fault(board: Board) -> None:
    board.broker.refuses = True
    answer = await board.post(f"/api/v1/alerts/{IN}/actions", action(), "duty-one")
    assert answer.status == 503
    error = (await answer.json())["error"]
    assert ("refuses user" in error["got"], "does not help" in error["do"]) == (True, True)
    assert "Retry-After" not in answer.headers


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"kind": "sign", "county_code": "620702", "digest_id": REPORT}, 202),
        ({"kind": "amend", "county_code": "620702", "digest_id": REPORT, "note": "补充"}, 202),
        ({"kind": "amend", "county_code": "620702", "digest_id": REPORT}, 400),
        ({"kind": "sign", "county_code": "620702"}, 400),
        ({"kind": "sign", "county_code": "620702", "digest_id": OTHER_REPORT}, 404),
        ({"kind": "sign", "county_code": "620721", "digest_id": REPORT}, 403),
        ({"kind": "handover", "county_code": "620702"}, 400),
        ({"kind": "handover", "county_code": "999999", "note": "x"}, 400),
        ({"kind": "erase", "county_code": "620702", "note": "x"}, 400),
    ],
)
async def test_the_duty_log(board: Board, asked: dict[str, str], status: int) -> None:
    answer = await board.post("/api/v1/duty-log", asked, "duty-one")
    assert answer.status == status, await answer.text()
    assert len(board.broker.got) == (status == 202)
    if status == 202:
        assert board.broker.got[0]["type"] == "huishang.duty-log-entry.v1"
        assert board.broker.got[0]["data"]["by"] == "甘州区值班室"


async def test_requests_of_other_sites_are_refused(board: Board) -> None:
    path = f"/api/v1/alerts/{IN}/actions"
    for headers in (
        {"X-Huishang-CSRF": ""},
        {"X-Huishang-CSRF": "0" * 64},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
    ):
        answer = await board.post(path, action(), "duty-one", **headers)
        assert answer.status == 403, headers
    answer = await board.post(path, action(), "duty-one", **{"Content-Type": "text/plain"})
    assert answer.status == 415
    other = (await board.json("/api/v1/me", "duty-all"))["csrf"]
    answer = await board.post(path, action(), "duty-one", **{"X-Huishang-CSRF": other})
    assert answer.status == 403
    assert board.broker.got == []


async def test_signing_in_keeps_the_token_where_no_script_reads_it(board: Board) -> None:
    page = await board.get("/login")
    assert "<form" in await page.text()
    answer = await board.client.post("/login", data={"token": "duty-one"}, allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (303, "/")
    cookie = answer.headers["Set-Cookie"]
    for part in ("HttpOnly", "SameSite=Strict", "Path=/"):
        assert part in cookie
    assert (await (await board.client.get("/api/v1/me")).json())["post"] == "甘州区值班室"
    [row] = (await board.json("/api/v1/audit", "admin-all"))["rows"]
    assert (row["what"], row["post"], row["outcome"]) == ("sign_in", "甘州区值班室", "done")
    wrong = await board.client.post(
        "/login", data={"token": "wrong"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert wrong.status == 403


async def test_people_without_a_seat_are_led_to_the_sign_in(board: Board) -> None:
    answer = await board.client.get("/", headers={"Accept": "text/html"}, allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (303, "/login")
    answer = await board.get("/api/v1/board", "wrong")
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


async def test_a_trusted_proxy_names_the_user(store: Store, tmp_path: Path) -> None:
    users = [{"user": "liang", "post": "市值班室", "role": "duty", "counties": ["620700"]}]
    for addresses, status in ((["127.0.0.0/8"], 200), (["10.0.0.0/8"], 401)):
        proxy = {"addresses": addresses, "header": "X-Remote-User", "users": users}
        async with serving_board(store, tmp_path, access_file(tmp_path, proxy=proxy)) as board:
            answer = await board.client.get("/api/v1/me", headers={"X-Remote-User": "liang"})
            assert answer.status == status
            if status == 200:
                assert (await answer.json())["counties"] == ["6207"]
            other = await board.client.get("/api/v1/me", headers={"X-Remote-User": "other"})
            assert other.status == 401
            # A wrong token is not made good by a header.
            both = {"X-Remote-User": "liang", **bearer("wrong")}
            assert (await board.client.get("/api/v1/me", headers=both)).status == 401


async def test_without_a_file_this_machine_alone_gets_in_under_its_own_name(local: Board) -> None:
    me = await local.json("/api/v1/me")
    assert (me["anonymous"], me["role"], me["post"], me["can_act"]) == (
        True,
        "admin",
        "值班室",
        True,
    )
    answer = await local.client.get("/api/v1/board", headers={"Host": "rebound.example:8300"})
    assert answer.status == 403
    asked = action() | {"by": "夜班岗"}
    assert (await local.post(f"/api/v1/alerts/{OUT}/actions", asked)).status == 202
    assert local.broker.got[0]["data"]["by"] == "夜班岗"


async def test_elsewhere_than_on_this_machine_nobody_gets_in_without_a_file(
    store: Store, tmp_path: Path
) -> None:
    async with serving_board(store, tmp_path, host="0.0.0.0") as board:
        for method, path in EXPECTED:
            if path in ("/page/{name}", "/login"):
                continue
            asked = OUTSIDE.get(path, path)
            answer = await board.client.request(method, asked, headers={"Host": "127.0.0.1"})
            assert answer.status == 403, path
            assert "HUISHANG_BOARD_ACCESS" in await answer.text()
        page = await board.get("/login")
        assert page.status == 403
        assert "<form" not in await page.text()


async def test_a_session_outlives_a_restart(store: Store, tmp_path: Path) -> None:
    csrf = set()
    for _ in range(2):
        async with serving_board(store, tmp_path) as board:
            csrf.add((await board.json("/api/v1/me"))["csrf"])
    assert len(csrf) == 1
    assert (tmp_path / "board.key").stat().st_mode & 0o077 == 0


async def test_a_changed_access_file_counts_and_a_mistake_is_left_alone(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sinks.board.doors._LOOK_EVERY_S", 0.0)
    path = access_file(tmp_path)
    async with serving_board(store, tmp_path, path) as board:
        path.write_text("tokens: [", "utf-8")
        assert (await board.get("/api/v1/me", "duty-one")).status == 200
        entry = {"post": "新岗", "role": "reader", "sha256": digest_of("new")}
        path.write_text(f"tokens: [{entry}]", "utf-8")
        await eventually(lambda: _status(board, "new", 200))
        assert (await board.get("/api/v1/me", "duty-one")).status == 401


async def _status(board: Board, token: str, status: int) -> bool:
    return (await board.get("/api/v1/me", token)).status == status


async def test_many_requests_are_told_to_wait(board: Board) -> None:
    statuses = [(await board.get("/api/v1/definitions", "reader-one")).status for _ in range(200)]
    assert statuses[:100] == [200] * 100
    assert 429 in statuses
    answer = await board.get("/api/v1/definitions", "reader-one")
    assert int(answer.headers["Retry-After"]) >= 1
    assert (await board.get("/api/v1/definitions", "reader-all")).status == 200


async def test_a_failure_of_its_own_is_answered_like_any_other(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("sinks.alerts.alert", broken)
    answer = await board.post(f"/api/v1/alerts/{IN}/actions", action(), "duty-one")
    assert answer.status == 500
    assert "secret" not in await answer.text()
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    [row] = (await board.json("/api/v1/audit", "admin-all"))["rows"]
    assert (row["what"], row["outcome"]) == ("useful", "failed")


async def test_who_is_nobody_fills_no_audit(board: Board) -> None:
    for number in range(60):
        answer = await board.client.post(f"/{number}", data="x")
        assert answer.status in (401, 429)
    rows = (await board.json("/api/v1/audit", "admin-all"))["rows"]
    assert 30 <= len(rows) < 40
    assert {(row["post"], row["what"], row["outcome"]) for row in rows} == {("", "", "unknown")}


@pytest.mark.parametrize(
    ("ending", "kind", "holds"),
    [
        ("csv", "text/csv", "\ufeff编号"),
        ("html", "text/html", "<!doctype html>"),
        ("md", "text/markdown", "补充说明"),
        ("json", "application/json", '"figures":{"total":3}'),
    ],
)
async def test_digests_to_take_along(board: Board, ending: str, kind: str, holds: str) -> None:
    answer = await board.get(f"/api/v1/digests/{REPORT}.{ending}", "reader-one")
    assert answer.content_type == kind
    assert answer.headers["Content-Disposition"].startswith(
        f'attachment; filename="{REPORT}.{ending}"'
    )
    body = (await answer.read()).decode()
    assert holds in body
    assert "已恢复供水" in body


async def test_a_draft_of_the_handover_note(board: Board) -> None:
    found = await board.json("/api/v1/handover", "duty-one")
    text = "\n".join(found["lines"])
    assert "未办结预警 1 条（红色1条）" in text
    assert "甘州区：甘州区红色事件" in text
    assert "未签发的日报告 1 份" in text
    assert found["html"].startswith("<p>交接时间：")


ASKED_FOR = """
n_24h n_7d n_prev_24h open_alerts by_level open_cases overdue_cases reported observed limit expected
band p_value level status notify precision_label cut_off consult dispatch lag history signed spark
"""  # by the page


async def test_definitions_are_whole_in_both_languages(board: Board) -> None:
    found = await board.json("/api/v1/definitions", "reader-one")
    assert {*ASKED_FOR.split(), "digest.total", "digest.reported"} <= set(found)
    for one in found.values():
        assert all(one[part] for part in ("name_zh", "name_en", "zh", "en"))


async def test_files_of_the_page_and_no_others(board: Board) -> None:
    script = await board.get("/page/app.js")
    assert (script.content_type, script.charset) == ("text/javascript", "utf-8")
    known = {"If-None-Match": script.headers["ETag"]}
    assert (await board.client.get("/page/app.js", headers=known)).status == 304
    for path in (
        "/page/..%2faccess.py",
        "/page/vendor%2f..%2f..%2faccess.py",
        "/page//etc/passwd",
        "/page/vendor",
    ):
        assert (await board.get(path)).status == 404, path


async def test_old_alerts_leave_the_board(store: Store, tmp_path: Path) -> None:
    async with serving_board(store, tmp_path) as board:
        board.clock.advance(timedelta(days=15))
        assert (await board.json("/api/v1/board"))["alerts"] == []
