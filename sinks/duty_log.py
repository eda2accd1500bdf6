"""The duty log as the store has it: what was signed, added to digests, and handed over."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sinks.asking import IN_COUNTIES, where
from sinks.store import Store

# No digest has more written under it than people read.
_MOST_OF_DIGESTS: Final = 10_000
_COLUMNS: Final = (
    "lower(leftPad(hex(identity), 16, '0')) AS id, kind, county, digest_id, `by`, `at`, note"
)

Entry = dict[str, Any]


class Asked(NamedTuple):
    """Which entries. counties: codes of counties or cities, or prefixes. Empty: all. limit: the latest."""

    counties: Sequence[str] = ()
    kinds: Sequence[str] = ()
    since: datetime | None = None
    limit: int = 100


def entries(store: Store, asked: Asked) -> list[Entry]:
    """Entries, the latest first: id (16 hex digits), kind, county, digest_id, by, at, note.

    Blocks. Raises SinkBusy or Fatal.
    """
    chosen, parameters = where(
        [
            (IN_COUNTIES, "counties", list(asked.counties)),
            ("has({kinds:Array(String)}, toString(kind))", "kinds", list(asked.kinds)),
            ("`at` >= {since:DateTime}", "since", asked.since),
        ]
    )
    return store.query(
        f"SELECT {_COLUMNS} FROM duty_log FINAL WHERE {chosen} "  # noqa: S608
        f"ORDER BY `at` DESC, county, identity LIMIT {int(asked.limit)}",
        parameters,
    )


def of_digest(store: Store, digest_id: str) -> list[Entry]:
    """What was signed and added to one digest, oldest first. Blocks."""
    return of_digests(store, [digest_id])[digest_id]


def of_digests(store: Store, digest_ids: Iterable[str]) -> dict[str, list[Entry]]:
    """What was signed and added to each of these digests, oldest first. Blocks."""
    found: dict[str, list[Entry]] = {one: [] for one in digest_ids}
    if not found:
        return found
    rows = store.query(
        f"SELECT {_COLUMNS} FROM duty_log FINAL "  # noqa: S608
        "WHERE has({ids:Array(String)}, digest_id) AND kind IN ('sign', 'amend') "
        f"ORDER BY `at`, identity LIMIT {_MOST_OF_DIGESTS}",
        {"ids": list(found)},
    )
    for row in rows:
        found[str(row["digest_id"])].append(row)
    return found


def signed(log: Sequence[Entry]) -> dict[str, Any]:
    """Who signed a digest last, and when, and how many notes are under it. log: as of_digest has it.

    >>> signed([{"kind": "sign", "by": "值班长", "at": 1}, {"kind": "amend", "by": "值班员", "at": 2}])
    {'signed_by': '值班长', 'signed_at': 1, 'notes': 1}
    >>> signed([])
    {'signed_by': '', 'signed_at': None, 'notes': 0}
    """
    last = next((entry for entry in reversed(log) if entry["kind"] == "sign"), None)
    return {
        "signed_by": last["by"] if last else "",
        "signed_at": last["at"] if last else None,
        "notes": sum(entry["kind"] == "amend" for entry in log),
    }
