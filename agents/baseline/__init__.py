"""Statistical alerts: what each county × category should count in a day, and how surprising more is.

See docs/decisions/0013-baseline.md. `advance` judges a day of many series and
learns from it; `when` places the day in week and year; `Memory` is what is kept.
"""

from agents.baseline.advance import ALARM_SCORE, Judgement, advance
from agents.baseline.days import When, when
from agents.baseline.memory import BYTES, Memory, unpack

__all__ = ["ALARM_SCORE", "BYTES", "Judgement", "Memory", "When", "advance", "unpack", "when"]
