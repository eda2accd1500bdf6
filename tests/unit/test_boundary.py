"""What Huishang is not, as tests: no people, no forbidden categories, nothing kept of bad events."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agents.decode import Decoder
from agents.identity_fields import names_person
from agents.preview import dead_letter
from streams import answers, contracts, events
from streams.categories import CATEGORIES
from streams.errors import InvalidEvent
from streams.events import EVENTS
from streams.examples import EXAMPLES

ROOT = Path(__file__).parents[2]
FORBIDDEN = re.compile(
    "政治|政见|党派|异见|反动|维稳|敏感人|重点人|上访户|煽动|颠覆|游行|示威|抗议|民主|人权|独立|言论"
    "|宗教|教徒|信徒|佛教|道教|基督|天主|伊斯兰|穆斯林|清真|教堂|寺庙|邪教"
    "|民族|族群|少数民族|汉族|藏族|回族|维吾尔|蒙古族|裕固族"
)


def structs(kind: type[msgspec.Struct]) -> set[str]:
    return {field.encode_name for field in msgspec.structs.fields(kind)}


ALL = [kind for module in (contracts, events, answers) for kind in vars(module).values()
       if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind is not msgspec.Struct]  # fmt: skip


def test_no_contract_field_names_a_person() -> None:
    named = {field for kind in ALL for field in structs(kind)}
    assert len(named) > 50
    assert {field for field in named if names_person(field)} == set()


def test_no_category_is_political_religious_or_ethnic() -> None:
    assert [leaf for leaf in CATEGORIES.values() if FORBIDDEN.search(str(leaf))] == []


def test_no_lexicon_term_is_political_religious_or_ethnic() -> None:
    folder = ROOT / "agents" / "lexicon"
    if not folder.is_dir():
        pytest.skip("no lexicon yet")
    files = [path for path in sorted(folder.rglob("*")) if path.suffix in (".yaml", ".yml", ".csv")]
    assert files
    found = [(path.name, line.strip()) for path in files
             for line in path.read_text("utf-8").splitlines()
             if FORBIDDEN.search(line.partition("#")[0])]  # fmt: skip
    assert found == []


TABLE = re.compile(r"^CREATE (?:TABLE|VIEW)\s+(?:IF NOT EXISTS\s+)?`?(\w+)", re.IGNORECASE)
COLUMN = re.compile(
    r"^\s*`?([A-Za-z_]\w*)`?\s+(?:Array|Bool|Date|Enum|Fixed|Float|Int|LowC|Map|Null|String|UInt)"
)
# Looked at by hand: events' hashes, and the names of places and leaves.
NO_PERSON = {
    *((table, "identity") for table in ("alert_actions", "incident_actions", "duty_log")),
    *((table, "name") for table in ("counties", "categories", "incidents", "live_incidents")),
}


def columns_of(sql: str) -> set[tuple[str, str]]:
    table, columns = "", set()
    for line in sql.splitlines():
        if found := TABLE.match(line):
            table = found[1]
        elif found := COLUMN.match(line):
            columns.add((table, found[1]))
    return columns


def test_no_column_names_a_person() -> None:
    files = sorted((ROOT / "sinks" / "schema").glob("*.sql"))
    if not files:
        pytest.skip("no tables yet")
    columns = set().union(*(columns_of(path.read_text("utf-8")) for path in files))
    assert len(columns) > 60
    assert {column for column in columns if names_person(column[1])} - NO_PERSON == set()


def test_the_checks_above_can_fail() -> None:
    assert names_person("reporter_phone")
    assert FORBIDDEN.search("D19 宗教纠纷")
    assert columns_of("CREATE TABLE t\n(\n    phone String,") == {("t", "phone")}


PERSONAL = {
    "phone": "13812345678",
    "identity number": "11010519491231002X",
    "name": "投诉人：欧阳建国",
    "mail": "ouyang.jg@example.com",
    "plate": "甘G12345",
    "bank card": "6222021234567890128",
}
SECRETS = [
    "13812345678",
    "11010519491231002X",
    "欧阳建国",
    "ouyang.jg",
    "G12345",
    "6222021234567890128",
]
BREAKS: dict[str, Any] = {
    "wrong type": {"severity": "high"},
    "unknown field": {"urgency": 1},
    "bad enum": {
        "channel": "fax",
        "demand_type": "shout",
        "platform_class": "fax",
        "action": "fax",
    },
    "identity field": {"reporter_name": "欧阳建国", "mobile": "13812345678"},
    "deep": {"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": 1}}}}}}}},
}


@pytest.mark.parametrize("stream", EVENTS)
@pytest.mark.parametrize("break_", [*BREAKS, "cut off", "bad UTF-8", "NUL", "too long"])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_dead_letters_hold_no_personal_data(stream: str, break_: str, ascii_only: bool) -> None:
    redact = pytest.importorskip("agents.redaction").redact
    # The text comes first, so that it is what a preview shows.
    data = {"text": "，".join(PERSONAL.values()) + "。路灯不亮", **EXAMPLES[stream]["data"]}
    data |= {"text": "，".join(PERSONAL.values()) + "。路灯不亮", **BREAKS.get(break_, {})}
    event = {"data": data, **{k: v for k, v in EXAMPLES[stream].items() if k != "data"}}
    raw = json.dumps(event, ensure_ascii=ascii_only).encode()
    if break_ == "cut off":
        raw = raw[:-3]
    elif break_ == "bad UTF-8":
        raw += b"\xff"
    elif break_ == "NUL":
        raw = raw.replace(b"2026-03-01", b"\0", 1)
    elif break_ == "too long":
        raw += b" " * 70_000
    with pytest.raises(InvalidEvent) as caught:
        Decoder(stream).decode(raw)
    letter = dead_letter(
        caught.value, raw, key=b"620702", headers=None, topic=stream, partition=0, offset=1,
        at=datetime(2026, 3, 1, tzinfo=UTC), redact=redact,
    )  # fmt: skip
    held = msgspec.json.encode(letter).decode()
    assert [secret for secret in SECRETS if secret in held] == []
    if break_ != "identity field":
        assert "路灯不亮" in letter.preview
