"""Cases over all stages: updates out of order to rows, rates and flags; overdue told once each."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.brokers import Broker
from tests.processes import run_huishang
from tests.stages import Stages, deployed, event, structured
from tests.waiting import eventually_sync

COUNTY = "620702"
MONDAY = datetime(2026, 3, 2, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
CASES = "SELECT * FROM cases FINAL ORDER BY case_id"
STEPS = "SELECT case_version, status, verdict, stars FROM case_steps FINAL WHERE case_id = 'c-1' ORDER BY case_version"


def update(case: str, version: int, status: str, hours: float = 0, **data: Any) -> Any:
    at = MONDAY + timedelta(hours=hours)
    fields = {"case_id": case, "version": version, "status": status, "level": 1, **data}
    return structured(
        "case-updates", event("case-updates", f"{case}-{version}", COUNTY, at, **fields)
    )


def shown(clock: Path, time: datetime) -> None:
    new = clock.with_suffix(".new")
    new.write_text(time.isoformat(), encoding="ascii")
    new.replace(clock)


def asked(stages: Stages, *arguments: str) -> Any:
    """What `huishang cases … --json` says."""
    broker = stages.broker
    env = broker.env(clickhouse=stages.address)
    with run_huishang("cases", *arguments, "--json", folder=broker.data, env=env) as command:
        assert command.wait(60) == 0, command.tail()
        return json.loads(command.text())


def until(stages: Stages, sql: str, wanted: list[dict[str, Any]]) -> None:
    def same() -> bool:
        rows = stages.rows(sql)
        assert len(rows) == len(wanted), rows
        found = [{name: row[name] for name in wanted[place]} for place, row in enumerate(rows)]
        assert found == wanted, found
        return True

    eventually_sync(same, within_s=60, every_s=0.2, what="the store")


def test_a_case_comes_out_of_order_and_ends_in_the_store(
    embedded_only: Broker, tmp_path: Path
) -> None:
    clock = tmp_path / "clock"
    shown(clock, MONDAY + timedelta(days=2))
    way = [
        update("c-1", 1, "registered"),
        update("c-1", 2, "accepted", 1, owner_org="甘州区司法局", plan=True),
        update("c-1", 3, "in_mediation", 2, whistle_step="issued"),
        update("c-1", 4, "resolved", 5),
        update(
            *("c-1", 5, "verified", 24),
            callback={
                "contacted_at": (MONDAY + timedelta(hours=24)).isoformat(),
                "solved": True,
                "satisfaction": 4,
            },
        ),
        update("c-2", 1, "registered", 1, owner_org="甘州区司法局"),
        update("c-2", 2, "verified", 2),
    ]
    with deployed(embedded_only, "intake", "tally", "sink", clock_file=clock) as stages:
        stages.publish([way[4], way[2], way[6], way[0]])
        gaps = [("registered", "legal"), ("in_mediation", "legal"), ("verified", "gap")]
        until(stages, STEPS, [{"status": status, "verdict": verdict} for status, verdict in gaps])
        stages.publish([way[1], way[3], way[5], *way])
        until(
            stages,
            STEPS,
            [
                {"case_version": n + 1, "verdict": "legal", "stars": stars}
                for n, stars in enumerate((5, 3, 2, 1, 0))
            ],
        )
        until(
            stages,
            CASES,
            [
                {"case_version": 5, "status": "verified", "stars": 0, "flagged": 0}
                | {"owner_org": "甘州区司法局", "whistle_step": "issued", "merged_into": ""},
                {"case_version": 2, "status": "verified", "stars": 2, "flagged": 1},
            ],
        )
        [row] = asked(stages, "rates", "--by", "owner", "--county", "甘州区")["rows"]
        assert row["owner"] == "甘州区司法局"
        rates = {
            name: (rate["numerator"], rate["denominator"]) for name, rate in row["rates"].items()
        }
        assert rates == {
            "resolution": (2, 2),
            "cohort_resolution": (2, 2),
            "verified_resolution": (2, 2),
            "closing": (2, 2),
            "on_time": (2, 2),
            "response": (2, 2),
            "solving": (1, 1),
            "satisfaction": (1, 1),
        }
        assert "÷" in row["rates"]["solving"]["definition"]
        told = stages.rows(
            "SELECT rate, sum(numerator) n, sum(denominator) d FROM case_rates GROUP BY rate"
        )
        assert {one["rate"]: (int(one["n"]), int(one["d"])) for one in told} == rates
        case = asked(stages, "show", "c-2")
        assert [step["verdict"] for step in case["steps"]] == ["legal", "out_of_way"]
        assert [one["case_id"] for one in asked(stages, "list", "--flagged")] == ["c-2"]


def test_each_share_of_a_limit_is_told_once_though_tally_is_killed(
    embedded_only: Broker, tmp_path: Path
) -> None:
    """四级七天: one working day at the first level, from Monday nine to Tuesday nine."""
    clock = tmp_path / "clock"
    shown(clock, MONDAY + timedelta(hours=1))

    def raised(stages: Stages, *rules: str) -> None:
        wanted = [(rule, COUNTY, "") for rule in rules]
        eventually_sync(
            lambda: stages.alerts() == sorted(wanted), within_s=60, what=f"alerts {rules}"
        )

    with deployed(
        embedded_only, "intake", "tally", "sink", clock_file=clock, snapshot_kb=16
    ) as stages:
        stages.publish([update("c-1", 1, "registered"), update("c-2", 1, "registered")])
        until(stages, CASES, [{"status": "registered"}] * 2)
        stages.publish([update("c-2", 2, "resolved", 0.5)])
        until(stages, CASES, [{"status": "registered"}, {"status": "resolved"}])
        shown(clock, MONDAY + timedelta(hours=19, minutes=13))
        raised(stages, "overdue-80")
        stages.workers["tally"].kill()
        shown(clock, MONDAY + timedelta(hours=24))
        stages.start("tally")
        raised(stages, "overdue-80", "overdue-100")
        assert [one["case_id"] for one in asked(stages, "list", "--open")] == ["c-1"]
        stages.publish([update("c-1", 2, "resolved", 23)])
        until(stages, CASES, [{"status": "resolved"}] * 2)
        shown(clock, MONDAY + timedelta(hours=48))
        stages.restart("tally")
        stages.publish([update("c-3", 1, "registered", 47)])
        until(stages, CASES, [{"status": "resolved"}] * 2 + [{"status": "registered"}])
        raised(stages, "overdue-80", "overdue-100")
        ids = [json.loads(value)["id"] for _, _, value in stages.log_of("alerts")]
        assert len(set(ids)) == 2
