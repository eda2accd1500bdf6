"""What several boards say of their figures in the same words."""

from typing import Final

from deploy.grafana.sql import LONG_DAYS

REPORTS: Final = (
    "报告：收到并受理的不同事件，不含零报告、案件更新和处置动作，重复上报只计一次。按 reported_at 所在整点小时计，"
    f"时段长于 {LONG_DAYS} 天时按整天计。"
    "Reports: distinct accepted events, without zero reports, case updates and actions; counted in the hour of "
    f"reported_at, or its day where the range is longer than {LONG_DAYS} days."
)
BEFORE_ABOUT: Final = "上期：紧接所选时段之前、同样长的一段。Before: the span of the same length just before the one picked."
CHANGE_STEPS: Final = ((None, "green"), (0.2, "yellow"), (0.5, "orange"), (1.0, "red"))
