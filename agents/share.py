"""What some counties have of a partition's state, change by change."""

from collections.abc import Callable
from typing import Final

import numpy as np

from agents.change import Change
from agents.matter import ROW, Matters

# Fields of a change whose rows say their county; of all others below it is found out.
OF_COUNTY: Final = (
    *("counts", "ledger", "presence", "declared", "actions", "case_days"),
    *("issued", "silences", "series"),
)


class Share:
    """Takes the pieces of one state in order (agents/snapshot.py).

    Each row of a state is of one county, so shares of all counties are together the
    whole, and none has what another one has.
    """

    def __init__(self, has: Callable[[str], bool]) -> None:
        """has: whether a county is one of those."""
        self._has = has
        self._incidents: set[int] = set()

    def of(self, change: Change) -> Change | None:
        """The change as far as it is of these counties; None if nothing of it is."""
        has = self._has
        share = Change(0)
        for field in OF_COUNTY:
            setattr(share, field, [row for row in getattr(change, field) if has(row.county)])
        share.cases = [case for case in change.cases if has(case.row.county)]
        share.alerts = [alert for alert in change.alerts if has(alert.county_code)]
        share.matters = self._of_matters(change.matters)
        return None if share == Change(0) else share

    def _of_matters(self, matters: Matters) -> Matters:
        """Excerpts and merged incidents say their incident only; it came before them."""
        rows = np.frombuffer(matters.rows, ROW)
        codes = [code for code in np.unique(rows["county"]).tolist() if self._has(f"{code:06}")]
        mine = np.isin(rows["county"], np.array(codes, np.uint32))
        keys = np.frombuffer(matters.keys, "<u8")[np.repeat(mine, rows["keys"])]
        places = np.cumsum(mine) - 1
        restated = [incident for incident in matters.restated if self._has(incident.county)]
        self._incidents.update(rows["owner"][mine].tolist())
        self._incidents.update(incident.id for incident in restated)
        return Matters(
            rows[mine].tobytes(),
            keys.tobytes(),
            {int(places[place]): name for place, name in matters.names.items() if mine[place]},
            excerpts=[said for said in matters.excerpts if said[0] in self._incidents],
            moves=[move for move in matters.moves if move[2] in self._incidents],
            restated=restated,
        )
