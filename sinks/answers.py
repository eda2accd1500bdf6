"""What became of the actions that staff published."""

from collections.abc import Sequence
from typing import Final

from sinks.store import Store

# Table in which an action ends up → what it says became of it.
_VERDICTS: Final = {"alert_actions": "verdict", "duty_log": "'done'"}


def answers_to(store: Store, table: str, run: str, identities: Sequence[int]) -> list[str]:
    """What became of the actions of a run, so far: verdicts, and why some were refused.

    table: alert_actions or duty_log. run: the runid of their events. identities: of these.
    """
    rows = store.query(
        f"SELECT {_VERDICTS[table]} AS verdict FROM {table} FINAL "  # noqa: S608
        "WHERE has({identities:Array(UInt64)}, identity)",
        {"identities": list(identities)},
    )
    letters = store.query(
        "SELECT reason, path, expected FROM dead_letters FINAL WHERE runid = {run:String}",
        {"run": run},
    )
    return [
        *(str(row["verdict"]) for row in rows),
        *("{reason} at {path}: expected {expected}".format(**letter) for letter in letters),
    ]
