"""What `huishang publish` was asked to do, checked before anything is read or sent."""

import re
from pathlib import Path
from typing import Any, Final, NamedTuple, Self
from zoneinfo import ZoneInfo

import click

from cli import times
from cli.lines import encoding_of
from cli.mapping import Plan, plan
from cli.sending import Table, Times
from streams.errors import UserError
from streams.settings import Settings

_PAIR: Final = re.compile(r",(?=\s*[a-z_.]+\s*=)")
_STDIN: Final = "-"


class Pairs(click.ParamType):
    """field=value,field=value; a comma inside a value is kept."""

    name = "field=value,…"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> dict[str, str]:
        pairs = {}
        for pair in _PAIR.split(value):
            name, equals, right = (part.strip() for part in pair.partition("="))
            if not (name and equals and right):
                self.fail(f"{pair!r} is not field=value", param, ctx)
            pairs[name] = right
        return pairs


class Asked(NamedTuple):
    """The command line, understood.

    identity: what makes this publication the same one when it is asked for again.
    """

    table: Table
    plan: Plan
    when: Times
    identity: Any
    rate: float | None
    wait: bool
    timeout_s: float
    restart: bool
    as_json: bool

    @classmethod
    def of(cls, options: dict[str, Any], settings: Settings) -> Self:
        """Understand click's options. Raises UserError."""
        columns: dict[str, str] = _merged(options["columns"])
        given: dict[str, str] = _merged(options["given"])
        zone = _zone(options["zone"] or settings.timezone)
        checked = plan(
            options["stream"],
            columns=columns,
            given=given,
            county=options["county"],
            source=options["source"],
            runid="",
            zone=zone,
        )
        when = _times(options, zone)
        table = _table(options, columns)
        if when.spread and (table.follow or table.path is None):
            raise UserError("--spread needs a file that is whole: not --follow, not stdin")
        return cls(
            table=table,
            plan=checked,
            when=when,
            identity=[
                str(table.path),
                *(options[name] for name in ("jsonl_file", "stream", "county", "source")),
                *(options[name] for name in ("fixed_time", "spread", "encoding", "delimiter")),
                columns,
                given,
                str(zone),
            ],
            rate=options["rate"],
            wait=options["wait"],
            timeout_s=options["timeout_s"],
            restart=options["restart"],
            as_json=options["as_json"],
        )


def _merged(pairs: tuple[dict[str, str], ...]) -> dict[str, str]:
    return {name: value for some in pairs for name, value in some.items()}


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise UserError(f"no time zone {name!r}; use a name like Asia/Shanghai") from None


def _times(options: dict[str, Any], zone: ZoneInfo) -> Times:
    if options["fixed_time"] and options["spread"]:
        raise UserError("--time and --spread exclude each other")
    try:
        fixed = times.read(options["fixed_time"], zone) if options["fixed_time"] else None
        spread = None
        if options["spread"]:
            start, end = (times.read(moment, zone) for moment in options["spread"])
            if start >= end:
                raise UserError("--spread FROM TO: FROM has to be before TO")
            spread = (start, end)
    except times.UnreadableTime as error:
        raise UserError(f"--time and --spread take {error}") from None
    return Times(fixed, spread)


def _table(options: dict[str, Any], columns: dict[str, str]) -> Table:
    csv_file, jsonl_file = options["csv_file"], options["jsonl_file"]
    if (csv_file is None) == (jsonl_file is None):
        raise UserError("give one of --csv FILE and --jsonl FILE")
    name = csv_file if jsonl_file is None else jsonl_file
    path = None if name == _STDIN else Path(name).resolve()
    delimiter = {"\\t": "\t", "tab": "\t"}.get(options["delimiter"], options["delimiter"])
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '\r\n"'):
        raise UserError(f"--delimiter is one character, not {delimiter!r}")
    return Table(
        path=path,
        as_json=jsonl_file is not None,
        encoding=encoding_of(path, options["encoding"]),
        delimiter=delimiter,
        columns=frozenset(columns.values()),
        follow=options["follow"],
    )
