"""How things stand, as the status page shows it: questions to the store."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sinks import alerts, digests
from sinks.asking import covers
from sinks.store import Store
from streams.contracts import WHOLE
from streams.counties import place_name

_ALERTS_SHOWN: Final = 20
_DIGESTS_SHOWN: Final = 12

# Rolling totals as in the view `rolling`, but up to a time that is passed in.
_ROLLING: Final = """
SELECT county,
    sumIf(n, hour >= toStartOfHour({now:DateTime})) AS n_1h,
    sumIf(n, hour >= toStartOfHour({now:DateTime}) - INTERVAL 23 HOUR) AS n_24h,
    sumIf(n, hour >= toStartOfHour({now:DateTime}) - INTERVAL 47 HOUR) - n_24h AS n_prev_24h,
    sum(n) AS n_7d
FROM counts FINAL
WHERE hour >= toStartOfHour({now:DateTime}) - INTERVAL 167 HOUR
  AND hour <= toStartOfHour({now:DateTime})
GROUP BY county
"""
_LEDGER: Final = """
SELECT county, sum(counted) AS counted, sum(duplicates) AS duplicates
FROM ledger FINAL GROUP BY county
"""
_DEAD_LETTERS: Final = (
    "SELECT county, count() AS dead_letters FROM dead_letters FINAL GROUP BY county"
)
_ALERTS: Final = "SELECT county, count() AS alerts FROM alerts FINAL GROUP BY county"
_FIGURES: Final = ("counted", "duplicates", "dead_letters", "n_1h", "n_24h", "n_7d", "alerts")


def standing(store: Store, now: datetime, scope: Sequence[str] = ()) -> dict[str, Any]:
    """Figures per county and in all, the latest alerts and digests. Blocks.

    counties: rows with code, name and the figures, by code; last, code '' stands
    for dead letters whose county could not be read. scope: prefixes of counties; none: all.
    Raises SinkBusy or Fatal.
    """
    found: dict[str, dict[str, Any]] = {}
    for rows in (
        rolling(store, now),
        *(store.query(sql) for sql in (_LEDGER, _DEAD_LETTERS, _ALERTS)),
    ):
        for row in rows:
            if covers(scope, row["county"]):
                found.setdefault(str(row["county"]), {}).update(row)
    counties = [
        {"code": code, "name": name_of(code)} | {name: row.get(name, 0) for name in _FIGURES}
        for code, row in sorted(found.items(), key=lambda pair: (pair[0] == "", pair[0]))
    ]
    return {
        "at": now,
        "counties": counties,
        "totals": {name: sum(row[name] for row in counties) for name in _FIGURES},
        "alerts": alerts.alerts(store, alerts.Asked(scope, limit=_ALERTS_SHOWN)),
        "digests": digests.digests(store, digests.Asked(scope, limit=_DIGESTS_SHOWN)),
    }


def rolling(store: Store, now: datetime) -> list[dict[str, Any]]:
    """Reports per county: n_1h, n_24h, n_prev_24h (the 24 hours before these), n_7d. Blocks.

    Of whole hour buckets that end with the one that holds `now`. Raises SinkBusy or Fatal.
    """
    return store.query(_ROLLING, {"now": now.replace(microsecond=0)})


def name_of(code: str) -> str:
    """A county's or city's name, or that of the whole deployment; empty when not known.

    >>> name_of("620702")
    '甘州区'
    >>> name_of("000000")
    '全系统'
    """
    return "全系统" if code == WHOLE else place_name(code)
