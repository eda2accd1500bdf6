"""What Prometheus and Alertmanager say of the stages."""

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Final

import yaml

PROMETHEUS: Final = "http://127.0.0.1:9090"
ALERTMANAGER: Final = "http://127.0.0.1:9093"
_RULES: Final = Path(__file__).parents[2] / "deploy" / "prometheus" / "alerts.yaml"
_OPENER: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def said(address: str) -> Any:
    """A page in JSON; None while nobody answers."""
    try:
        with _OPENER.open(address, timeout=10) as answer:
            return json.load(answer)
    except (urllib.error.URLError, OSError):
        return None


def rules_loaded() -> tuple[set[str], set[str]]:
    """Names of alerts: those Prometheus goes by, those in the file."""
    answer = said(f"{PROMETHEUS}/api/v1/rules") or {"data": {"groups": []}}
    loaded = {rule["name"] for group in answer["data"]["groups"] for rule in group["rules"]}
    groups = yaml.safe_load(_RULES.read_text(encoding="utf-8"))["groups"]
    return loaded, {rule["alert"] for group in groups for rule in group["rules"]}


def stages_up() -> set[str]:
    """Stages that Prometheus has read just now."""
    answer = said(f"{PROMETHEUS}/api/v1/targets") or {"data": {"activeTargets": []}}
    targets = answer["data"]["activeTargets"]
    return {one["labels"]["instance"].split(":")[0] for one in targets if one["health"] == "up"}


def alertmanagers() -> list[str]:
    """Whom Prometheus tells."""
    answer = said(f"{PROMETHEUS}/api/v1/alertmanagers") or {"data": {"activeAlertmanagers": []}}
    return [one["url"] for one in answer["data"]["activeAlertmanagers"]]


def alerts_told() -> set[tuple[str, str]]:
    """(alert, instance) of what has reached Alertmanager and still holds."""
    found = said(f"{ALERTMANAGER}/api/v2/alerts") or []
    return {(one["labels"]["alertname"], one["labels"].get("instance", "")) for one in found}
