"""The consult list (日会商): the matters that a county has to discuss today."""

from collections.abc import Iterable

from agents.digests.daily import counted, within
from agents.digests.issuing import Draft
from agents.rules import Cycle
from agents.state import State
from agents.windows import Window
from streams.answers import Alert
from streams.names import LEVEL_NAMES


def daily_consult(
    state: State, county: str, window: Window, day: int, alerts: Iterable[Alert], cycle: Cycle
) -> Draft | None:
    """alerts: the county's. Any red, several orange, or an alert in the window; else None."""
    figures = counted(state, county, window)
    raised = within(alerts, window)
    red, orange = figures["red"], figures["orange"]
    if red < cycle.consult_red and orange < cycle.consult_orange and not raised:
        return None
    lines = [f"红色事项 {red} 件，橙色事项 {orange} 件，预警 {len(raised)} 条。", ""]
    lines += [
        f"{number}. 【{LEVEL_NAMES[alert.level]}】{alert.title}。{alert.reason}"
        for number, alert in enumerate(raised, 1)
    ]
    kept = {"red": red, "orange": orange, "alerts": len(raised)}
    return Draft("daily_consult", county, day, window, lines, kept)
