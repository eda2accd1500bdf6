"""The written contracts are what the code says, are valid, and their examples are accepted."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from click.testing import CliRunner

from agents.decode import Decoder, identity
from agents.locate import county_of
from cli.contracts import contracts, drift
from streams.events import EVENTS, kind_of
from streams.examples import EXAMPLES
from streams.export import ASYNCAPI, documents

ROOT = Path(__file__).parents[2]
WRITTEN = ROOT / "docs" / "contracts"
SCHEMAS = sorted(name for name in documents() if name.endswith(".schema.json"))


def schema_of(stream: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(documents()[f"{kind_of(stream)}.schema.json"])
    return loaded


def test_written_contracts_are_what_the_code_says() -> None:
    assert drift(WRITTEN) == [], "run: make contracts"


def test_every_stream_and_answer_has_a_schema() -> None:
    assert len(SCHEMAS) == len(EVENTS) + 3


@pytest.mark.parametrize("name", SCHEMAS)
def test_schema_is_valid(name: str) -> None:
    schema = json.loads(documents()[name])
    assert schema["$schema"].endswith("2020-12/schema")
    assert schema["$id"] == f"urn:huishang:{name.removesuffix('.schema.json')}:1"
    jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("stream", EVENTS)
def test_example_is_accepted_by_schema_and_decoder(stream: str) -> None:
    example = EXAMPLES[stream]
    jsonschema.Draft202012Validator(schema_of(stream)).validate(example)
    event = Decoder(stream).decode(json.dumps(example).encode(), ())
    assert county_of(event.data) == "620702"
    assert event.dataschema == f"urn:huishang:{kind_of(stream)}:1"


@pytest.mark.parametrize("stream", EVENTS)
def test_schema_refuses_what_the_decoder_refuses(stream: str) -> None:
    example = {**EXAMPLES[stream], "data": {**EXAMPLES[stream]["data"], "phone": "13812345678"}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema_of(stream)).validate(example)


def test_asyncapi_document_is_valid_by_its_own_schema() -> None:
    specification = json.loads((ROOT / "tests/data/asyncapi-3.0.0.json").read_text("utf-8"))
    document = yaml.safe_load(documents()[ASYNCAPI])
    validator = jsonschema.Draft7Validator(specification)
    validator.validate(document)
    document["channels"]["grid-reports"]["adress"] = "a slip of the pen"
    assert list(validator.iter_errors(document))


def references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [r for value in node.values() for r in references(value)]
    return [r for value in node for r in references(value)] if isinstance(node, list) else []


def test_asyncapi_references_point_somewhere() -> None:
    document = yaml.safe_load(documents()[ASYNCAPI])
    for reference in references(document):
        node = document
        for step in reference.removeprefix("#/").split("/"):
            node = node[step]


@pytest.mark.parametrize("stream", EVENTS)
def test_asyncapi_examples_decode_to_the_same_event_in_both_modes(stream: str) -> None:
    messages = yaml.safe_load(documents()[ASYNCAPI])["components"]["messages"]
    name = EVENTS[stream].__name__
    whole = messages[name]["examples"][0]["payload"]
    binary = messages[f"{name}Binary"]["examples"][0]
    headers = [(key, value.encode()) for key, value in binary["headers"].items()]
    decoder = Decoder(stream)
    structured = decoder.decode(json.dumps(whole).encode())
    assert decoder.decode(json.dumps(binary["payload"]).encode(), headers) == structured
    assert identity(structured) == identity(decoder.decode(json.dumps(whole).encode()))


def test_export_writes_and_check_finds_drift(tmp_path: Path) -> None:
    run = CliRunner().invoke
    assert run(contracts, ["export", str(tmp_path), "--check"]).exit_code == 1
    assert run(contracts, ["export", str(tmp_path)]).exit_code == 0
    assert run(contracts, ["export", str(tmp_path), "--check"]).exit_code == 0
    (tmp_path / "grid-report.schema.json").write_text("{}", encoding="utf-8")
    (tmp_path / "old.schema.json").write_text("{}", encoding="utf-8")
    answer = run(contracts, ["export", str(tmp_path), "--check"])
    assert answer.exit_code == 1
    assert "differs" in answer.output
    assert "old.schema.json" in answer.output
