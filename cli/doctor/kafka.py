"""The checks of Kafka, in order: what is asked, and what becomes of a broker that refuses."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final, TypeVar

from aiokafka.errors import (
    GroupAuthorizationFailedError,
    GroupCoordinatorNotAvailableError,
    KafkaError,
    TopicAuthorizationFailedError,
)

from cli.doctor import broker, groups, journal, measures, topics
from cli.doctor.findings import Finding, Verdict, ok, problem, sentence, unasked
from cli.doctor.reached import shown_certificate
from sinks.health import READS, Looked, lag_of, looked_at
from streams import grants
from streams.errors import HuishangError
from streams.kafka import host_and_port, tls_context
from streams.settings import Settings, read_run
from streams.topics import COUNTS, JOURNAL, REPORTS, TOPICS, full_name

_AGAIN_AFTER_S: Final = 5.0
_TRIES: Final = 20
_TRY_AGAIN_S: Final = 0.5
T = TypeVar("T")


def checks(settings: Settings, stage: str | None) -> list[str]:
    """The names of all checks, in order."""
    tls = ["certificate"] if settings.kafka_security.endswith("ssl") else []
    log = ["log"] if stage in (None, "tally") and not _embedded(settings) else []
    return [
        *("reached", "brokers", *tls, "topics", "partitions", "copies", "configuration"),
        *(["permissions"] if stage else []),
        *("clock", *(f"group {one}" for one in _watched(stage)), *log),
    ]


async def kafka(settings: Settings, stage: str | None) -> AsyncIterator[Finding]:
    """Findings as they come. stage: with its user, of what it works with; None: everything."""
    rules = grants.rules(stage, settings.topic_prefix) if stage else []
    names = [rule.name for rule in rules if rule.kind == "topic"] or [
        full_name(settings, topic.name) for topic in TOPICS
    ]
    try:
        async with broker.asking(settings) as admin:
            seen = await _told("reached", lambda: broker.cluster(admin, names))
            if isinstance(seen, Finding):
                yield seen._replace(verdict=Verdict.PROBLEM)
                return
            yield ok("reached", f"it lets us in, {_how(settings)}")
            yield topics.brokers(settings, seen)
            if context := tls_context(settings):
                server = host_and_port(settings.kafka.split(",")[0])
                yield await asyncio.to_thread(shown_certificate, "Kafka", *server, context)
            yield topics.there(settings, seen)
            yield topics.partitions(settings, seen)
            yield topics.copies(settings, seen)
            yield topics.configuration(settings, seen)
            if rules:
                rights = await _told("permissions", lambda: broker.rights_on_groups(admin, rules))
                if isinstance(rights, Finding):
                    yield rights
                else:
                    for found in topics.permissions(settings, rules, seen, rights):
                        yield found
    except HuishangError as error:
        yield problem("reached", sentence(error))
        return
    yield await _clock(settings, seen)
    async for found in _groups(settings, stage):
        yield found
    if "log" in checks(settings, stage):
        yield await _log(settings, seen)


def _embedded(settings: Settings) -> bool:
    """Whether a `huishang run` is asked: its journal is no topic, and each start is a new log."""
    run = read_run(settings.data)
    return settings.journal == "file" or bool(run and run.settings.get("kafka") == settings.kafka)


def _how(settings: Settings) -> str:
    how = {
        "plaintext": "without a password",
        "ssl": "over TLS" + (" with our certificate" if settings.kafka_certificate else ""),
        "sasl_plaintext": "with a password, unencrypted",
        "sasl_ssl": "over TLS with a password",
    }
    return how[settings.kafka_security]


def _watched(stage: str | None) -> list[str]:
    """The stages whose groups this user may look at."""
    return list(READS) if stage in (None, "sink") else [str(stage)]


async def _clock(settings: Settings, seen: broker.Cluster) -> Finding:
    """Of whoever writes packs and totals: intake and tally."""
    ours = [full_name(settings, name) for name in (REPORTS, COUNTS)]
    there = [name for name in ours if name in seen.partitions()]
    if not there:
        return unasked("clock", "there is no record to read a time of")
    ahead_s = await _told("clock", lambda: broker.ahead_s(settings, seen, there))
    if isinstance(ahead_s, Finding):
        return ahead_s
    if ahead_s:
        return measures.clock("clock", "a machine that runs intake or tally", ahead_s)
    return ok("clock", "no record is from the future; Kafka does not tell its own clock")


async def _groups(settings: Settings, stage: str | None) -> AsyncIterator[Finding]:
    watched = _watched(stage)
    first = await _told(f"group {watched[0]}", lambda: looked_at(settings, watched))
    if isinstance(first, Finding):
        for each in watched:
            yield first._replace(check=f"group {each}")
        return
    later: dict[str, Looked] = {}
    if any(one.members and lag_of(one) for one in first.values()):
        await asyncio.sleep(_AGAIN_AFTER_S)
        again = await _told("", lambda: looked_at(settings, watched))
        later = {} if isinstance(again, Finding) else again
    for each in watched:
        yield groups.group(each, first[each], later.get(each), _AGAIN_AFTER_S)


async def _log(settings: Settings, seen: broker.Cluster) -> Finding:
    tied = {full_name(settings, REPORTS), full_name(settings, JOURNAL)}
    number = seen.partitions()
    if any(number.get(name) != settings.partitions for name in tied):
        return unasked("log", "topics are missing, or have other partitions than is set")
    found = await _told("log", lambda: journal.ends(settings))
    return found if isinstance(found, Finding) else groups.log(*found)


async def _told(check: str, ask: Callable[[], Awaitable[T]]) -> T | Finding:
    """The answer, or why there is none."""
    for _ in range(_TRIES):
        try:
            return await ask()
        except GroupCoordinatorNotAvailableError:
            # A broker that never had a group makes room for them when asked first.
            await asyncio.sleep(_TRY_AGAIN_S)
        except (TopicAuthorizationFailedError, GroupAuthorizationFailedError) as error:
            return unasked(check, f"this user may not ask: {error}")
        except (KafkaError, HuishangError, OSError, NotImplementedError) as error:
            return unasked(check, f"the broker does not tell: {type(error).__name__} {error}")
    return unasked(check, "the broker has no room for consumer groups yet; ask again in a minute")
