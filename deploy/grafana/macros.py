"""Expands a panel's SQL as Grafana and its ClickHouse datasource do, so that it can be run without them.

The order is theirs: $__conditionalAll, then variables, then ad-hoc filters, in the browser; the
other macros in the datasource's backend. Sources: grafana/clickhouse-datasource 4.13.0,
src/data/CHDatasource.ts (applyTemplateVariables, applyConditionalAll, getMacroArgs, format),
src/data/adHocFilter.ts, pkg/macros/macros.go; grafana/macropro, parser.go; @grafana/scenes 9.2.2,
interpolation/formatRegistry.js. Written anew from what those do.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

ALL: Final = "$__all"

_VARIABLE: Final = re.compile(
    r"\$(\w+)|\[\[(\w+?)(?::(\w+))?\]\]|\$\{(\w+)(?:\.([^:^}]+))?(?::([^}]+))?\}"
)
_NAMED: Final = re.compile(r"\$\{(\w+)\}|\$(\w+)")
_BRACKETS: Final = re.compile(r"[(),]")
_CONDITIONAL_ALL: Final = "$__conditionalAll("
_MACRO: Final = re.compile(r"\$__(\w+)")
_COMMENT: Final = re.compile(
    r"'(?:''|[^'])*'|\"(?:\"\"|[^\"])*\"|(--[^\r\n]*|/\*.*?\*/)", re.DOTALL
)


class BadMacro(ValueError):
    """A macro that the datasource would refuse; the message is as plain as its own."""


@dataclass(frozen=True)
class Picked:
    """What is picked of a variable. options: all that it offers, for All."""

    value: str | Sequence[str]
    options: Sequence[str] = ()

    @property
    def is_all(self) -> bool:
        return self.value == ALL or list(self.value) == [ALL]

    @property
    def shown(self) -> str | Sequence[str]:
        return self.options if self.is_all else self.value


@dataclass(frozen=True)
class AdHoc:
    """A filter that a reader adds. operator: =, !=, <, >, =~, !~ or IN."""

    key: str
    operator: str
    value: str


@dataclass(frozen=True)
class Scene:
    """What a board is set to. start, end: aware. interval_s: of a point on a panel's time axis."""

    start: datetime
    end: datetime
    interval_s: int = 3_600
    variables: Mapping[str, Picked] = field(default_factory=dict)
    filters: Sequence[AdHoc] = ()
    filtered_table: str = ""


def expanded(sql: str, scene: Scene) -> str:
    """The SQL that reaches the store. Raises BadMacro."""
    sql = conditional_all(sql, scene.variables)
    sql = interpolated(sql, scene.variables)
    sql = _filtered(sql, scene)
    return _in_backend(sql, scene)


def conditional_all(sql: str, variables: Mapping[str, Picked]) -> str:
    """Replace $__conditionalAll(condition, $variable), the last one first.

    >>> conditional_all("$__conditionalAll(x IN ($v), $v)", {"v": Picked(ALL, ["a"])})
    '1=1'
    >>> conditional_all("$__conditionalAll(x IN ($v), $v)", {"v": Picked(["a"])})
    'x IN ($v)'
    """
    while (at := sql.rfind(_CONDITIONAL_ALL)) >= 0:
        arguments = _arguments(sql[at + len(_CONDITIONAL_ALL) - 1 :])
        if len(arguments) != 2:
            return sql
        condition, variable = arguments
        if named := _NAMED.search(variable):
            picked = variables.get(named[1] or named[2])
            if picked is not None and (picked.is_all or not picked.value):
                condition = "1=1"
        call = f"{_CONDITIONAL_ALL}{arguments[0]},{variable})"
        sql = sql.replace(call, condition, 1)
    return sql


def _arguments(text: str) -> list[str]:
    """The arguments of a call, from its opening bracket on; quotes are not looked at."""
    found, depth, start = [], 0, 1
    for sign in _BRACKETS.finditer(text):
        depth += {"(": 1, ")": -1}.get(sign[0], 0)
        if depth == 0 or (sign[0] == "," and depth == 1):
            found.append(text[start : sign.start()])
            start = sign.end()
        if depth == 0:
            return found
    return []


def interpolated(text: str, variables: Mapping[str, Picked]) -> str:
    """Put in the variables; what names none of them stays.

    >>> interpolated("${v:singlequote} ${v:csv} $v $w", {"v": Picked(["a", "b"])})
    "'a','b' a,b 'a','b' $w"
    """

    def put(match: re.Match[str]) -> str:
        picked = variables.get(match[1] or match[2] or match[4])
        if picked is None:
            return match[0]
        return _FORMATS[match[3] or match[6] or ""](picked.shown)

    return _VARIABLE.sub(put, text)


def _by_datasource(value: str | Sequence[str]) -> str:
    return value if isinstance(value, str) else "'" + "','".join(value) + "'"


def _single_quoted(value: str | Sequence[str]) -> str:
    values = [value] if isinstance(value, str) else value
    return ",".join("'" + one.replace("'", "\\'") + "'" for one in values)


def _csv(value: str | Sequence[str]) -> str:
    return value if isinstance(value, str) else ",".join(value)


_FORMATS: Final[Mapping[str, Callable[[str | Sequence[str]], str]]] = {
    "": _by_datasource,
    "singlequote": _single_quoted,
    "csv": _csv,
    "raw": _csv,
}


def _filtered(sql: str, scene: Scene) -> str:
    """Ad-hoc filters become a setting of the query, where it reads the table they are for."""
    table = scene.filtered_table
    if not scene.filters or not re.search(rf"\b{table}\b", sql.replace('"', ""), re.IGNORECASE):
        return sql
    operators = {"=~": "ILIKE", "!~": "NOT ILIKE"}
    parts = []
    for one in scene.filters:
        key = one.key.split(".")[1] if "." in one.key else one.key
        value = one.value.replace("'", "\\'") if one.operator == "IN" else f"\\'{one.value}\\'"
        if one.operator == "IN" and not value.startswith("("):
            value = f"({value})"
        parts.append(f" {key} {operators.get(one.operator, one.operator)} {value} ")
    condition = "AND".join(parts)
    plain = sql.replace(";", "", 1)
    return f"{plain} settings additional_table_filters={{'{table}' : '{condition}'}}"


def _in_backend(sql: str, scene: Scene) -> str:
    """Comments go, then macros are replaced, the longest names first."""
    sql = _COMMENT.sub(lambda match: " " * len(match[1]) if match[1] else match[0], sql)
    for name in sorted(_MACROS, key=lambda one: (-len(one), one)):
        sql = _replaced(sql, name, scene)
    return sql


def _replaced(sql: str, name: str, scene: Scene) -> str:
    done = ""
    while match := next((one for one in _MACRO.finditer(sql) if one[1] == name), None):
        done += sql[: match.start()]
        sql = sql[match.end() :]
        arguments: list[str] = []
        if sql.startswith("("):
            end = _closing(sql)
            arguments = _split(sql[1:end])
            sql = sql[end + 1 :]
        count, replace = _MACROS[name]
        if count >= 0 and len(arguments) != count:
            raise BadMacro(f"$__{name} takes {count} arguments, got {arguments}")
        done += replace(scene, arguments)
    return done + sql


def _closing(text: str) -> int:
    """Where the bracket that opens the text closes, quotes left alone."""
    depth = 0
    for match in re.finditer(r"'(?:''|[^'])*'|\"(?:\"\"|[^\"])*\"|[()]", text):
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        if depth == 0 and match[0] == ")":
            return match.start()
    raise BadMacro(f"a bracket is not closed in {text[:60]!r}")


def _split(text: str) -> list[str]:
    if not text.strip():
        return []
    found, depth, start = [], 0, 0
    for match in re.finditer(r"'(?:''|[^'])*'|\"(?:\"\"|[^\"])*\"|[(),]", text):
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        if match[0] == "," and depth == 0:
            found.append(text[start : match.start()].strip())
            start = match.end()
    return [*found, text[start:].strip()]


def _seconds(at: datetime) -> str:
    return f"toDateTime({int(at.timestamp())})"


def _milliseconds(at: datetime) -> str:
    return f"fromUnixTimestamp64Milli({int(at.timestamp() * 1_000)})"


def _day(at: datetime) -> str:
    return f"toDate('{at.astimezone(UTC):%Y-%m-%d}')"  # the backend's own zone


def _between(written: Callable[[datetime], str], scene: Scene, column: str) -> str:
    return f"{column} >= {written(scene.start)} AND {column} <= {written(scene.end)}"


def _both(scene: Scene, given: Sequence[str]) -> str:
    day, at = _between(_day, scene, given[0]), _between(_seconds, scene, given[1])
    return f"({day}) AND ({at})"


def _interval_s(scene: Scene) -> int:
    return max(scene.interval_s, 1)


_Macro = tuple[int, Callable[[Scene, Sequence[str]], str]]
# Name → number of arguments (-1: any), and what takes its place.
_MACROS: Final[Mapping[str, _Macro]] = {
    "fromTime": (-1, lambda scene, _: _seconds(scene.start)),
    "toTime": (-1, lambda scene, _: _seconds(scene.end)),
    "fromTime_ms": (-1, lambda scene, _: _milliseconds(scene.start)),
    "toTime_ms": (-1, lambda scene, _: _milliseconds(scene.end)),
    "timeFilter": (1, lambda scene, given: _between(_seconds, scene, given[0])),
    "timeFilter_ms": (1, lambda scene, given: _between(_milliseconds, scene, given[0])),
    "dateFilter": (1, lambda scene, given: _between(_day, scene, given[0])),
    "dateTimeFilter": (2, _both),
    "dt": (2, _both),
    "timeInterval": (
        1,
        lambda scene, given: (
            f"toStartOfInterval(toDateTime({given[0]}), INTERVAL {_interval_s(scene)} second)"
        ),
    ),
    "timeInterval_ms": (
        1,
        lambda scene, given: (
            f"toStartOfInterval(toDateTime64({given[0]}, 3), "
            f"INTERVAL {_interval_s(scene) * 1_000} millisecond)"
        ),
    ),
    "interval_s": (-1, lambda scene, _: str(_interval_s(scene))),
}
