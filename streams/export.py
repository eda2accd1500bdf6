"""Writes the contracts for others: JSON Schema 2020-12 and one AsyncAPI 3.0 document.

Pure: what streams/events.py and streams/answers.py define goes in, file names and their text come out.
"""

import json
from typing import Any, Final

import msgspec
import yaml

from streams.answers import Alert, DeadLetter, Digest
from streams.contracts import DEPTH_LIMIT, EVENT_LIMIT_BYTES
from streams.events import EVENTS, kind_of
from streams.examples import EXAMPLES
from streams.topics import ALERTS, DEAD_LETTERS, DIGESTS, TOPICS

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
ASYNCAPI: Final = "asyncapi.yaml"
INDEX: Final = "README.md"
_KAFKA: Final = {"bindingVersion": "0.5.0"}
_STRUCTURED: Final = "application/cloudevents+json"
_COUNTY_KEY: Final = {
    "type": "string",
    "description": "county code (GB/T 2260) where the publisher has it; it may be absent",
}

# Topic → what Huishang writes there, and the name of its schema.
ANSWERS: Final[dict[str, tuple[type[msgspec.Struct], str]]] = {
    DEAD_LETTERS: (DeadLetter, "dead-letter"),
    ALERTS: (Alert, "alert"),
    DIGESTS: (Digest, "digest"),
}


def documents() -> dict[str, str]:
    """Every file under docs/contracts/: its name → its text."""
    files = {
        f"{kind_of(stream)}.schema.json": _json(_schema(EVENTS[stream], kind_of(stream)))
        for stream in EVENTS
    }
    files |= {
        f"{kind}.schema.json": _json(_schema(struct, kind)) for struct, kind in ANSWERS.values()
    }
    files |= {f"examples/{kind_of(stream)}.json": _json(EXAMPLES[stream]) for stream in EVENTS}
    files[ASYNCAPI] = yaml.safe_dump(asyncapi(), allow_unicode=True, sort_keys=False, width=100)
    files[INDEX] = _index()
    return files


def _schema(struct: type[msgspec.Struct], kind: str) -> dict[str, Any]:
    return {"$schema": DIALECT, "$id": f"urn:huishang:{kind}:1", **msgspec.json.schema(struct)}


def asyncapi() -> dict[str, Any]:
    """The AsyncAPI 3.0 document: what Huishang receives and sends, over Kafka."""
    structs = [*EVENTS.values(), *(struct for struct, _ in ANSWERS.values())]
    _, schemas = msgspec.json.schema_components(structs, ref_template="#/components/schemas/{name}")
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    for stream, struct in EVENTS.items():
        name = struct.__name__
        messages[name] = _structured(stream, name)
        messages[f"{name}Binary"] = _binary(stream, schemas[name]["properties"])
        channels[stream] = _channel(stream, [name, f"{name}Binary"])
        operations[f"receive-{stream}"] = _operation("receive", stream)
    for topic, (answer, _) in ANSWERS.items():
        name = answer.__name__
        messages[name] = {
            "name": name,
            "summary": _first_line(answer),
            "contentType": "application/json",
            "payload": {"$ref": f"#/components/schemas/{name}"},
        }
        channels[topic] = _channel(topic, [name])
        operations[f"send-{topic}"] = _operation("send", topic)
    return {
        "asyncapi": "3.0.0",
        "id": "urn:huishang:contracts:1",
        "info": {
            "title": "Huishang",
            "version": "1.0.0",
            "description": "Events on disputes and public services, and what Huishang answers "
            "with. Topic names carry the deployment's prefix where one is set.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": _STRUCTURED,
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": schemas},
    }


def _structured(stream: str, name: str) -> dict[str, Any]:
    return {
        "name": name,
        "summary": _first_line(EVENTS[stream]),
        "contentType": _STRUCTURED,
        "payload": {"$ref": f"#/components/schemas/{name}"},
        "bindings": {"kafka": {"key": _COUNTY_KEY, **_KAFKA}},
        "examples": [{"name": kind_of(stream), "payload": EXAMPLES[stream]}],
    }


def _binary(stream: str, properties: dict[str, Any]) -> dict[str, Any]:
    """Binary mode: attributes as ce_ headers, the value is the data alone."""
    event = EVENTS[stream]
    attributes = {
        f"ce_{name}": schema
        for name, schema in properties.items()
        if name not in ("data", "datacontenttype")
    }
    required = [
        f"ce_{field.encode_name}"
        for field in msgspec.structs.fields(event)
        if field.required and field.encode_name != "data"
    ]
    example = EXAMPLES[stream]
    headers = {f"ce_{name}": value for name, value in example.items() if f"ce_{name}" in attributes}
    return {
        "name": f"{event.__name__}Binary",
        "summary": f"{_first_line(event)} In binary mode.",
        "contentType": "application/json",
        "headers": {
            "type": "object",
            "required": required,
            "properties": {"content-type": {"type": "string"}, **attributes},
        },
        "payload": properties["data"],
        "bindings": {"kafka": {"key": _COUNTY_KEY, **_KAFKA}},
        "examples": [
            {
                "name": f"{kind_of(stream)}-binary",
                "headers": {"content-type": "application/json", **headers},
                "payload": example["data"],
            }
        ],
    }


def _channel(name: str, messages: list[str]) -> dict[str, Any]:
    topic = next(topic for topic in TOPICS if topic.name == name)
    return {
        "address": name,
        "description": topic.purpose,
        "messages": {message: {"$ref": f"#/components/messages/{message}"} for message in messages},
        "bindings": {
            "kafka": {
                "topic": name,
                "topicConfiguration": {
                    "cleanup.policy": [topic.config["cleanup.policy"]],
                    "retention.ms": int(topic.config["retention.ms"]),
                },
                **_KAFKA,
            }
        },
    }


def _operation(action: str, channel: str) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "bindings": {"kafka": dict(_KAFKA)},
    }


def _first_line(struct: type[msgspec.Struct]) -> str:
    return (struct.__doc__ or "").partition("\n")[0]


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _index() -> str:
    rows = [
        f"| `{stream}` | in | [{kind_of(stream)}.schema.json]({kind_of(stream)}.schema.json)"
        f" | [example](examples/{kind_of(stream)}.json) |"
        for stream in EVENTS
    ]
    rows += [
        f"| `{topic}` | out | [{kind}.schema.json]({kind}.schema.json) | |"
        for topic, (_, kind) in ANSWERS.items()
    ]
    return _INDEX.format(
        rows="\n".join(rows), limit_kib=EVENT_LIMIT_BYTES // 1024, depth=DEPTH_LIMIT
    )


_INDEX: Final = """\
# Contracts

Made from `streams/contracts.py`, `events.py` and `answers.py` by `huishang contracts export` (`make contracts`); do not edit here.
`huishang contracts export --check` exits with 1 when a file is not what the code says.

| topic | direction | JSON Schema 2020-12 | |
| --- | --- | --- | --- |
{rows}

[asyncapi.yaml](asyncapi.yaml) describes all of it as one AsyncAPI 3.0 document.

## How to publish

CloudEvents 1.0 in JSON, in either mode of the Kafka binding ([examples that run](../publishing.md#a-system-of-your-own),
in Python, in Java, with curl):

- structured: the value is the whole event; header `content-type: application/cloudevents+json`, or none;
- binary: the attributes are `ce_` headers, the value is `data` alone; header `content-type: application/json`.

The key is the county code where the publisher has it. `source` and `id` together are the event's
identity: the same pair again is dropped and counted as a duplicate. `dataschema` names the version,
`urn:huishang:<kind>:1`. `runid`, our extension, is a publisher's label for one run.

## Rules the schemas cannot say

- One of `county_code`, `grid_code`, `county_name` must be there, and all that are must agree.
  A name that several counties share needs its city, or a code beside it.
- `title` longer than 200 characters and `text` longer than 4,000 are cut and counted, not refused.
- `reported_at` and `occurred_at` at most 10 minutes ahead of now; `reported_at` at most 10 years ago.
- At most {limit_kib} KiB and {depth} levels of nesting; UTF-8 without a byte order mark; no NUL.
- Of a key written twice in one object the last one counts.
- No field anywhere may name a person, a phone, an account, an address or an identity number, in
  English, Chinese or pinyin. Such an event is refused whole, and its value is kept nowhere.

Every refused event is answered on `dead-letters` with its reason (`malformed`, `identity_field`,
`unknown_county`, `time_out_of_range`), the path, and what was expected there. An event that kept to
all this and stopped a stage twice is set aside with the reason `poison`: the fault is ours, and it is
replayed once that is mended. Rule `poison` of an alert says so; its county is `000000` where none is known.
"""
