"""The duty log over all stages: digests signed and amended, shifts handed over, each entry once."""

import json
import uuid
from typing import Any

import msgspec

from cli.producing import Record
from tests.brokers import Broker
from tests.processes import run_huishang
from tests.stages import NOW, Stages, deployed, event, structured
from tests.stores import digest
from tests.waiting import eventually_sync

COUNTY, CITY = "620702", "620700"
PHONE = "13893612345"
ISSUED = digest(issued_at=NOW, body="# 甘州区日报告\n\n共 3 件\n")


def asked(stages: Stages, *arguments: str, code: int = 0) -> str:
    """What a command says, asked of the store through its endpoint."""
    broker = stages.broker
    env = broker.env(clickhouse=stages.address)
    name = f"asked-{uuid.uuid4().hex}"  # a file of output for each
    with run_huishang(*arguments, folder=broker.data, env=env, name=name) as command:
        assert command.wait(90) == code, command.tail()
        return command.text()


def written(stages: Stages, *arguments: str, code: int = 0) -> list[str]:
    said = asked(stages, *arguments, "--by", "值班长", "--wait", "--json", code=code)
    answers: list[str] = json.loads(said.splitlines()[-1])["answers"]
    return answers


def listed(stages: Stages, *arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(asked(stages, *arguments, "--json"))
    return found


def test_what_staff_sign_add_and_hand_over_stands_under_digests_and_in_the_log(
    broker: Broker,
) -> None:
    with deployed(broker, "intake", "tally", "sink") as stages:
        stages.publish([Record("digests", COUNTY.encode(), msgspec.json.encode(ISSUED))])
        eventually_sync(
            lambda: len(stages.rows("SELECT id FROM digests FINAL")) == 2,
            within_s=60,
            what="the digest, and its city's",
        )
        [city] = listed(stages, "digests", "list", "--county", CITY)
        before = asked(stages, "digests", "show", ISSUED.id)
        assert before == ISSUED.body

        assert written(stages, "digests", "sign", ISSUED.id) == ["done"]
        note = f"*已*恢复供水，王小明{PHONE}"
        assert written(stages, "digests", "amend", ISSUED.id, "--note", note) == ["done"]
        assert written(stages, "digests", "sign", city["id"], "--note", "同意") == ["done"]
        handover = ("duty-log", "add", "--county", "甘州区", "--note", "待书面反馈")
        assert written(stages, *handover) == ["done"]

        entries = listed(stages, "duty-log", "list")
        assert {(one["county"], one["kind"], one["digest_id"]) for one in entries} == {
            (COUNTY, "sign", ISSUED.id),
            (COUNTY, "amend", ISSUED.id),
            (CITY, "sign", city["id"]),
            (COUNTY, "handover", ""),
        }
        assert {one["by"] for one in entries} == {"值班长"}
        [only] = listed(stages, "duty-log", "list", "--county", CITY)
        assert only["note"] == "同意"

        paper = asked(stages, "digests", "show", ISSUED.id)
        assert paper.startswith(ISSUED.body)
        assert "\n签发：值班长 20" in paper
        assert "\n补充说明：\\*已\\*恢复供水" in paper
        page = asked(stages, "digests", "show", ISSUED.id, "--format", "html")
        assert "<p>签发：值班长 20" in page
        assert "<p>补充说明：*已*恢复供水" in page
        shown = json.loads(asked(stages, "digests", "show", ISSUED.id, "--format", "json"))
        assert [one["kind"] for one in shown["log"]] == ["sign", "amend"]
        assert PHONE not in paper + page + json.dumps(shown) + str(entries)
        listing = {one["id"]: one for one in listed(stages, "digests", "list")}
        assert listing[ISSUED.id]["signed_by"] == listing[city["id"]]["signed_by"] == "值班长"
        assert (listing[ISSUED.id]["notes"], listing[city["id"]]["notes"]) == (1, 0)


def test_an_entry_that_comes_twice_is_one_and_a_bad_one_is_answered(broker: Broker) -> None:
    with deployed(broker, "intake", "tally", "sink") as stages:
        given = event("duty-log", 1, CITY, NOW, kind="handover", note="夜间无事")
        named = event("duty-log", 2, COUNTY, NOW, kind="handover", note="夜间无事", phone=PHONE)
        bare = event("duty-log", 3, COUNTY, NOW, kind="amend", digest_id=ISSUED.id)
        stages.publish([structured("duty-log", one) for one in (given, named, bare)])

        def ledger() -> tuple[int, int] | None:
            return stages.ledger().get((CITY, "duty-log", "/test/duty-log"))

        eventually_sync(lambda: ledger() == (1, 0), within_s=60, what="the entry")
        stages.restart("tally")
        stages.publish([structured("duty-log", given)])
        eventually_sync(lambda: ledger() == (1, 1), within_s=60, what="the repeat")
        assert len(stages.rows("SELECT * FROM duty_log")) >= 1
        [entry] = stages.rows("SELECT county, kind, note FROM duty_log FINAL")
        assert entry == {"county": CITY, "kind": "handover", "note": "夜间无事"}

        sql = "SELECT reason, path, preview LIKE '%夜间%' AS shown FROM dead_letters FINAL ORDER BY path"
        eventually_sync(lambda: len(stages.rows(sql)) == 2, within_s=30, what="the answers")
        assert [(one["reason"], one["path"]) for one in stages.rows(sql)] == [
            ("malformed", "$.data.note"),
            ("identity_field", "$.data.phone"),
        ]
        assert PHONE.encode() not in b"".join(
            value for _, _, value in stages.log_of("dead-letters")
        )
