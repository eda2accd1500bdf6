"""Digests as the store has them: many at a glance, or one to read."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sinks import duty_log
from sinks.asking import IN_COUNTIES, where
from sinks.store import Store

_COLUMNS: Final = (
    "id, kind, county, window_start, window_end, issued_at, title, "
    "figures, edition, replaces, changes"
)


class Asked(NamedTuple):
    """Which digests. counties: codes of counties or cities, or prefixes; empty: all.

    earlier: also editions that were replaced.
    """

    counties: Sequence[str] = ()
    kinds: Sequence[str] = ()
    since: datetime | None = None
    earlier: bool = False
    limit: int = 100


def digests(store: Store, asked: Asked) -> list[dict[str, Any]]:
    """Digests without their bodies, the latest issued first; see duty_log.signed for what it adds.

    Blocks. Raises SinkBusy or Fatal.
    """
    chosen, parameters = where(
        [
            (IN_COUNTIES, "counties", list(asked.counties)),
            ("has({kinds:Array(String)}, kind)", "kinds", list(asked.kinds)),
            ("issued_at >= {since:DateTime}", "since", asked.since),
        ]
    )
    latest = "" if asked.earlier else "LIMIT 1 BY county, kind, window_end"
    found = store.query(
        f"SELECT * FROM (SELECT {_COLUMNS} FROM digests FINAL "  # noqa: S608
        f"WHERE {chosen} ORDER BY edition DESC {latest}) "
        f"ORDER BY issued_at DESC, county, kind, edition DESC LIMIT {int(asked.limit)}",
        parameters,
    )
    logs = duty_log.of_digests(store, [one["id"] for one in found])
    return [{**one, **duty_log.signed(logs[one["id"]])} for one in found]


def digest(store: Store, identifier: str) -> dict[str, Any] | None:
    """One digest with its body, or None. Blocks.

    Beside it `replaced_by`, id of a later edition or "", and `log`, see duty_log.of_digest.
    """
    found = store.query(
        f"SELECT {_COLUMNS}, body FROM digests FINAL WHERE id = {{id:String}} LIMIT 1",  # noqa: S608
        {"id": identifier},
    )
    if not found:
        return None
    later = store.query(
        "SELECT id FROM digests FINAL WHERE `replaces` = {id:String} LIMIT 1", {"id": identifier}
    )
    return {
        **found[0],
        "replaced_by": later[0]["id"] if later else "",
        "log": duty_log.of_digest(store, identifier),
    }
