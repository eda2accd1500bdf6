"""Sends what staff do to Kafka, and waits until the broker has it.

Not an idempotent producer: an event has an id of its own, and one that arrives twice counts
once. So the embedded broker, which has no idempotent producers, is treated like any other.
"""

import asyncio
import contextlib
from typing import Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, UnknownTopicOrPartitionError

from streams.acting import Event, message_of
from streams.errors import HuishangError, Retryable
from streams.kafka import reaching, refusal
from streams.settings import Settings

_WITHIN_S: Final = 8.0  # a person waits


class Publisher:
    """Connects when the first action comes."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._producer: AIOKafkaProducer | None = None
        self._connecting = asyncio.Lock()

    async def publish(self, event: Event) -> None:
        """Send an event of streams.acting.

        Raises Retryable when the broker does not take it, AccessRefused when it never will.
        """
        message = message_of(self._settings, event)
        try:
            async with asyncio.timeout(_WITHIN_S):
                producer = await self._connected()
                await producer.send_and_wait(message.topic, message.value, message.key)
        except UnknownTopicOrPartitionError:
            raise Retryable(
                f"the broker has no topic {message.topic!r}; make it with: huishang topics apply"
            ) from None
        except (KafkaError, OSError, TimeoutError) as error:
            raise await self._refusal(error) or Retryable(
                f"the Kafka broker at {self._settings.kafka} does not answer "
                f"({type(error).__name__})"
            ) from None

    async def close(self) -> None:
        """Let go of the broker."""
        producer, self._producer = self._producer, None
        if producer:
            with contextlib.suppress(TimeoutError, KafkaError):
                await asyncio.wait_for(producer.stop(), 2.0)

    async def _refusal(self, error: Exception) -> HuishangError | None:
        try:
            async with asyncio.timeout(_WITHIN_S):
                return await refusal(self._settings, error)
        except TimeoutError:
            return None

    async def _connected(self) -> AIOKafkaProducer:
        async with self._connecting:
            if self._producer is None:
                producer = AIOKafkaProducer(**reaching(self._settings), acks="all")
                try:
                    await producer.start()
                except BaseException:
                    await producer.stop()
                    raise
                self._producer = producer
            return self._producer
