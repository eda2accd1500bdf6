"""The life of an alert over all stages: told, taken up, escalated when nobody does, and asked for."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from tests.brokers import Broker
from tests.processes import run_huishang
from tests.stages import NOW, Stages, deployed, event, structured
from tests.waiting import eventually_sync

COUNTY = "620702"


def red(number: int = 1, at: datetime = NOW) -> Any:
    given = event("grid-reports", f"red-{number}", COUNTY, at, category="S14", severity=1)
    return structured("grid-reports", given)


def acting(stages: Stages, *arguments: str, code: int = 0) -> Any:
    """What `huishang alerts … --json` says, asked of the store through its endpoint."""
    broker = stages.broker
    env = broker.env(clickhouse=stages.address)
    with run_huishang("alerts", *arguments, "--json", folder=broker.data, env=env) as command:
        assert command.wait(90) == code, command.tail()
        return json.loads(command.text().splitlines()[-1])


def listed(stages: Stages) -> list[dict[str, Any]]:
    return stages.rows("SELECT * FROM alerts FINAL ORDER BY raised_at, id")


def on_topic(stages: Stages) -> list[dict[str, Any]]:
    return [json.loads(value) for _, _, value in stages.log_of("alerts")]


def test_an_alert_is_taken_up_assigned_and_closed_in_store_and_topic(broker: Broker) -> None:
    with deployed(broker, "intake", "tally", "sink") as stages:
        stages.publish([red()])
        [alert] = eventually_sync(lambda: listed(stages), within_s=60, what="the alert")
        name = alert["id"]
        assert (alert["status"], alert["notify"], alert["group"]) == (
            "firing",
            True,
            f"{COUNTY}/S14",
        )

        said = acting(stages, "ack", name, "--by", "值班长", "--wait")
        assert said["answers"] == ["done"]
        again = acting(stages, "ack", name, "--by", "值班长", "--wait")
        assert again["answers"] == ["unchanged"]
        note = "请联系13893612345"
        acting(stages, "assign", name, "--to", "住建局", "--by", "值班长", "--note", note, "--wait")
        wrong = acting(stages, "reopen", name, "--by", "值班长", "--wait", code=1)
        assert wrong["answers"] == ["illegal"]

        def assigned() -> bool:
            [row] = listed(stages)
            return (row["status"], row["assigned_to"]) == ("assigned", "住建局")

        eventually_sync(assigned, within_s=30, what="the store")
        shown = acting(stages, "show", name)
        assert [(step["action"], step["verdict"]) for step in shown["steps"]] == [
            ("acknowledge", "done"),
            ("acknowledge", "unchanged"),
            ("assign", "done"),
            ("reopen", "illegal"),
        ]
        assert {step["by"] for step in shown["steps"]} == {"值班长"}
        assert "13893612345" not in json.dumps(shown, ensure_ascii=False)

        acting(stages, "close", name, "--by", "值班长", "--wait")
        acting(stages, "label", name, "--useful", "--by", "值班长", "--wait")
        eventually_sync(lambda: acting(stages, "list") == [], within_s=30, what="nothing open")
        [closed] = acting(stages, "list", "--all")
        assert (closed["status"], closed["label"]) == ("closed", "useful")
        [rule] = acting(stages, "precision")
        assert (rule["rule"], rule["useful"], rule["precision"]) == ("red", 1, 1.0)

        told = on_topic(stages)
        assert {one["id"] for one in told} == {name}
        assert [one["status"] for one in told][:3] == ["firing", "acknowledged", "acknowledged"]
        versions = [one["version"] for one in told]
        assert versions == sorted(set(versions))
        # Killed and recovered, tally says the same once more, and no more.
        stages.restart("tally")
        assert on_topic(stages)[-1]["status"] == "closed"
        assert [row["status"] for row in listed(stages)] == ["closed"]

        elsewhere = event("alert-actions", 9, "620721", NOW, alert_id=name, action="close")
        stages.publish([structured("alert-actions", elsewhere)])
        sql = "SELECT reason, path FROM dead_letters FINAL"
        eventually_sync(lambda: bool(stages.rows(sql)), within_s=30, what="the answer")
        assert stages.rows(sql) == [{"reason": "unknown_alert", "path": "$.data.alert_id"}]


@contextmanager
def moved(broker: Broker) -> Iterator[tuple[Stages, Any]]:
    """Stages whose clock the test moves: `show(minutes)` after NOW."""
    clock = broker.data / "clock"

    def show(minutes: int) -> None:
        new = clock.with_suffix(".new")
        new.write_text((NOW + timedelta(minutes=minutes)).isoformat(), encoding="ascii")
        new.replace(clock)

    show(0)
    with deployed(broker, "intake", "tally", "sink", clock_file=clock) as stages:
        yield stages, show


def test_what_nobody_takes_up_escalates_once_though_tally_is_killed(broker: Broker) -> None:
    with moved(broker) as (stages, show):
        stages.publish([red()])
        eventually_sync(lambda: listed(stages), within_s=60, what="the alert")
        show(14)
        minutes = iter(range(15, 600))

        def escalated() -> bool:
            show(next(minutes))
            return [row["status"] for row in listed(stages)] == ["escalated"]

        eventually_sync(escalated, within_s=60, every_s=1.5, what="the escalation")
        stages.restart("tally")
        stages.publish([red(2)])

        def second() -> bool:
            show(next(minutes))
            return len(listed(stages)) == 2

        eventually_sync(second, within_s=60, every_s=1.5, what="the second alert")
        steps = stages.rows("SELECT alert_id, action, `by`, verdict FROM alert_actions FINAL")
        first = listed(stages)[0]["id"]
        assert [step for step in steps if step["alert_id"] == first] == [
            {"alert_id": first, "action": "escalate", "by": "", "verdict": "done"}
        ]
        told = {
            (one["status"], one["status_at"])
            for one in on_topic(stages)
            if one["id"] == first and one["notify"]
        }
        assert len(told) == 2
