"""One good event per input stream: shown in the contracts, decoded by the tests."""

from typing import Any, Final


def _event(kind: str, source: str, /, **data: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"{kind}-20260301-000147",
        "source": source,
        "type": f"huishang.{kind}.v1",
        "time": "2026-03-01T08:31:05+08:00",
        "datacontenttype": "application/json",
        "dataschema": f"urn:huishang:{kind}:1",
        "runid": "nightly-20260301",
        "data": {
            "county_code": "620702",
            "occurred_at": "2026-03-01T08:20:00+08:00",
            "reported_at": "2026-03-01T08:31:00+08:00",
            **data,
        },
    }


EXAMPLES: Final[dict[str, dict[str, Any]]] = {
    "grid-reports": _event(
        "grid-report",
        "/zhangye/grid",
        grid_code="620702001002",
        channel="grid_app",
        people_band="3-9",
        on_site_resolved=False,
        is_zero_report=False,
        title="小区停水",
        text="三号楼停水两天，物业说不清何时来水。",
    ),
    "hotline-calls": _event(
        "hotline-call",
        "/zhangye/12345",
        channel="phone",
        demand_type="complaint",
        wait_s=25,
        deadline_class="7d",
        repeat=False,
        title="路灯不亮",
        text="南环路与西二环交叉口路灯不亮已有一周。",
    ),
    "opinion-items": _event(
        "opinion-item",
        "/zhangye/opinion",
        platform_class="message_board",
        geo_confidence=0.9,
        reach_band="1k-10k",
        text="供暖温度上不去，夜里只有十四度。",
    ),
    "case-updates": _event(
        "case-update",
        "/zhangye/cases",
        case_id="ZY-2026-000318",
        version=3,
        status="verified",
        level=2,
        deadline_at="2026-03-06T18:00:00+08:00",
        owner_org="甘州区住建局",
        deadline_class="7d",
        plan=True,
        action=True,
        callback={
            "contacted_at": "2026-03-05T10:00:00+08:00",
            "solved": True,
            "satisfaction": 4,
        },
    ),
    "alert-actions": _event(
        "alert-action",
        "/zhangye/duty-room",
        alert_id="4f1d2c9ab07e3358",
        action="assign",
        by="甘州区值班长",
        note="转住建局，今晚八点前回复。",
    ),
    "incident-actions": _event(
        "incident-action",
        "/zhangye/duty-room",
        incident_id="9c3a51f20e6b7d48",
        action="merge",
        into="1f0b6a7732c9d5e4",
        by="甘州区值班长",
        note="两件都是南关小区停水。",
    ),
    "duty-log": _event(
        "duty-log-entry",
        "/zhangye/duty-room",
        kind="amend",
        digest_id="694a72fd4de67ee5",
        by="甘州区值班长",
        note="南关小区已于十七时恢复供水，待住建局书面反馈。",
    ),
}
