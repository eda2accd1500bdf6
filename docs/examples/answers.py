"""Prints what Huishang refused of ours, a line each, as the answers come. Needs aiokafka.

    python answers.py

    hotline-calls/2/17  malformed  $.data.channel: one of 'app', 'letter', 'phone', 'web', 'wechat'

The place is the one that publish.py printed beside the ticket's number. It goes on where it
stopped, by the consumer group of its name. Ends with Ctrl-C. Reads KAFKA… as publish.py does.
"""

import asyncio
import json
from contextlib import suppress

from aiokafka import AIOKafkaConsumer
from publish import SOURCE, connection

GROUP = "answers-12345"  # yours; Kafka has to allow it to this user


async def main() -> None:
    async with AIOKafkaConsumer(
        "dead-letters", **connection(), group_id=GROUP, auto_offset_reset="earliest"
    ) as consumer:
        async for record in consumer:
            letter = json.loads(record.value)
            # Where not even the source could be read, only the place tells whose it was.
            if letter["source"] in (SOURCE, ""):
                place = f"{letter['topic']}/{letter['partition']}/{letter['offset']}"
                print(
                    f"{place}\t{letter['reason']}\t{letter['path']}: {letter['expected']}",
                    flush=True,
                )


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(main())
