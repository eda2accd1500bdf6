"""Publishes a hotline's tickets to Huishang as CloudEvents. Needs aiokafka.

    python publish.py tickets.jsonl            # structured mode: the value is the whole event
    python publish.py --binary tickets.jsonl   # binary mode: attributes are headers

A ticket is a line {"number": …, "county": …, "at": …, "said": …}. Of each, prints where the
broker keeps it and its number, once the broker has it for good: keep these lines, for an answer
on dead-letters names the place. Run it again whenever it failed: the number is the event's id,
and the same source and id are counted once.

Reads KAFKA (host:port, default 127.0.0.1:9092), and of a Kafka that asks who comes KAFKA_USER,
KAFKA_PASSWORD_FILE, KAFKA_CA.
"""

import asyncio
import json
import os
import ssl
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer

TOPIC = "hotline-calls"
SOURCE = "/example/12345"  # your system, and never that of another one


def connection() -> dict[str, Any]:
    """How Kafka is reached: SCRAM over TLS where there is a user, else as it is."""
    found: dict[str, Any] = {"bootstrap_servers": os.environ.get("KAFKA", "127.0.0.1:9092")}
    if user := os.environ.get("KAFKA_USER"):
        found["security_protocol"] = "SASL_SSL"
        found["sasl_mechanism"] = "SCRAM-SHA-512"
        found["sasl_plain_username"] = user
        password = Path(os.environ["KAFKA_PASSWORD_FILE"]).read_text(encoding="utf-8")
        found["sasl_plain_password"] = password.strip()
        # None: the system's authorities.
        found["ssl_context"] = ssl.create_default_context(cafile=os.environ.get("KAFKA_CA"))
    return found


def event_of(ticket: dict[str, Any]) -> dict[str, Any]:
    """A CloudEvent as docs/contracts/hotline-call.schema.json asks."""
    return {
        "specversion": "1.0",
        "id": ticket["number"],  # the same whenever this ticket is sent again
        "source": SOURCE,
        "type": "huishang.hotline-call.v1",
        "time": ticket["at"],
        "dataschema": "urn:huishang:hotline-call:1",
        "data": {
            "county_code": ticket["county"],
            "occurred_at": ticket["at"],
            "reported_at": ticket["at"],  # with its offset: 2026-03-01T08:30:00+08:00
            "channel": "phone",
            "demand_type": "complaint",
            "repeat": False,
            "text": ticket["said"],  # what was said, and no field that names who said it
        },
    }


Headers = list[tuple[str, bytes]]


def structured(event: dict[str, Any]) -> tuple[bytes, Headers]:
    """The whole event as the record's value."""
    return as_json(event), [("content-type", b"application/cloudevents+json")]


def binary(event: dict[str, Any]) -> tuple[bytes, Headers]:
    """Its data as the record's value, its attributes as headers."""
    attributes = {name: value for name, value in event.items() if name != "data"}
    headers = [(f"ce_{name}", value.encode()) for name, value in attributes.items()]
    return as_json(event["data"]), [*headers, ("content-type", b"application/json")]


def as_json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


async def publish(tickets: Iterable[dict[str, Any]], mode: Any) -> None:
    """Send them all. Raises KafkaError when the broker does not take one: then run it again."""
    async with AIOKafkaProducer(
        **connection(),
        acks="all",
        # The broker of `huishang run` does not know this: IDEMPOTENCE=no there.
        enable_idempotence=os.environ.get("IDEMPOTENCE") != "no",
    ) as producer:
        sent = []
        for ticket in tickets:
            value, headers = mode(event_of(ticket))
            key = ticket["county"].encode()  # keeps a county's events in order
            acknowledged = await producer.send(TOPIC, value, key=key, headers=headers)
            sent.append((ticket["number"], acknowledged))
        for number, acknowledged in sent:
            place = await acknowledged
            print(f"{place.topic}/{place.partition}/{place.offset}\t{number}", flush=True)


def main() -> None:
    *options, name = sys.argv[1:]
    with Path(name).open(encoding="utf-8") as lines:
        tickets = [json.loads(line) for line in lines]
    asyncio.run(publish(tickets, binary if "--binary" in options else structured))


if __name__ == "__main__":
    main()
