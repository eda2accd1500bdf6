"""How clients reach Kafka: its servers, encryption, and who they say they are.

    consumer = AIOKafkaConsumer(**reaching(settings), group_id=...)
    await assert_welcome(settings)  # before a stage starts

A password or certificate that is refused ends a process with one sentence: trying
again by itself would only fill the broker's log, and lock a user out in some places.
"""

import ssl
from collections.abc import Collection, Mapping
from typing import Any, Final

from aiokafka.conn import create_conn
from aiokafka.errors import (
    AuthenticationFailedError,
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    KafkaConnectionError,
    KafkaError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
    UnsupportedSaslMechanismError,
)

from streams import replaced
from streams.errors import AccessRefused, HuishangError, Retryable
from streams.grants import rules
from streams.settings import PREFIX, Settings
from streams.tls import context_of, untrusted

# Keyword arguments of any client of aiokafka.
Reaching = Mapping[str, Any]

_TIMEOUT_MS: Final = 15_000
_DEFAULT_PORT: Final = 9092
_NOT_ALLOWED: Final = (
    TopicAuthorizationFailedError,
    GroupAuthorizationFailedError,
    ClusterAuthorizationFailedError,
)

replaced.hang_up_at_once()


def reaching(settings: Settings) -> dict[str, Any]:
    """What every client is told. Raises SettingsError for files that cannot be used."""
    return {"bootstrap_servers": settings.kafka, **_security(settings)}


def tls_context(settings: Settings) -> ssl.SSLContext | None:
    """None where nothing is encrypted. Raises SettingsError."""
    if not settings.kafka_security.endswith("ssl"):
        return None
    return context_of("KAFKA", settings.kafka_ca, settings.kafka_certificate, settings.kafka_key)


def host_and_port(server: str) -> tuple[str, int]:
    """Of one bootstrap server.

    >>> host_and_port("kafka-0"), host_and_port("[::1]:9093")
    (('kafka-0', 9092), ('::1', 9093))
    """
    host, _, port = server.strip().rpartition(":")
    return (host.strip("[]"), int(port)) if host else (port, _DEFAULT_PORT)


async def assert_welcome(settings: Settings) -> None:
    """Return if a server lets us in, or none of them can be asked now.

    Raises AccessRefused if one does not want us, SettingsError for files that cannot be used.
    """
    security = _security(settings)
    for server in settings.kafka.split(","):
        try:
            connection = await create_conn(
                *host_and_port(server), request_timeout_ms=_TIMEOUT_MS, **security
            )
        except (KafkaError, OSError, TimeoutError) as error:
            if said := _sentence(settings, server.strip(), error):
                raise said from None
        else:
            connection.close()
            return


async def assert_granted(
    settings: Settings, stage: str, admin: Any, there: Collection[str]
) -> None:
    """Raise AccessRefused unless a stage's topics are there to be seen, and its groups to be joined.

    For a stage's start, where users have ACLs; admin: a started client, there: the topics that
    it was shown. What may be described but not read or written shows when it is tried, and
    ends the stage as well.
    """
    for rule in rules(stage, settings.topic_prefix):
        if rule.kind == "topic" and rule.name not in there:
            raise AccessRefused(
                f"Kafka at {settings.kafka} shows this user no topic {rule.name}: grant it the ACLs "
                "of its stage, see deploy/README.md, or make the topic with `huishang topics apply`"
            )
        if rule.kind == "group" and not rule.prefixed:
            try:
                await admin.list_consumer_group_offsets(rule.name)
            except GroupAuthorizationFailedError:
                raise AccessRefused(
                    f"Kafka at {settings.kafka} does not allow this user the consumer group "
                    f"{rule.name}: grant it the ACLs of its stage, see deploy/README.md"
                ) from None


async def explained(settings: Settings, error: BaseException) -> HuishangError:
    """What to tell of an error that a client of ours raised. Asks the servers once."""
    return await refusal(settings, error) or Retryable(
        f"Kafka at {settings.kafka} does not answer ({type(error).__name__}); start one with: "
        f"huishang run, or set {PREFIX}KAFKA, and {PREFIX}KAFKA_SECURITY if it wants TLS or a password"
    )


async def refusal(settings: Settings, error: BaseException) -> HuishangError | None:
    """Why a client of ours is not let in, or not allowed something; None if Kafka is just away."""
    if said := not_allowed(error):
        return said
    try:
        await assert_welcome(settings)
    except HuishangError as refused:
        return refused
    return None


def not_allowed(error: BaseException) -> AccessRefused | None:
    """The sentence for an ACL that is missing; None for any other error."""
    if not isinstance(error, _NOT_ALLOWED):
        return None
    what = " ".join(str(each) for each in error.args) or type(error).__name__
    return AccessRefused(
        f"Kafka does not allow this user what it needs ({what}); grant it the ACLs of its stage, "
        "see deploy/README.md, and start it again"
    )


def _security(settings: Settings) -> dict[str, Any]:
    kind = settings.kafka_security
    if kind == "plaintext":
        return {}
    options: dict[str, Any] = {
        "security_protocol": kind.upper(),
        "ssl_context": tls_context(settings),
    }
    if kind.startswith("sasl"):
        options |= {
            "sasl_mechanism": settings.kafka_mechanism,
            "sasl_plain_username": settings.kafka_user,
            "sasl_plain_password": settings.kafka_password.get_secret_value(),
        }
    return options


def _sentence(settings: Settings, server: str, error: BaseException) -> AccessRefused | None:
    """The sentence for what will be the same when tried again; None for all else."""
    match error:
        case SaslAuthenticationFailed() | AuthenticationFailedError():
            return AccessRefused(
                f"Kafka at {server} refuses user {settings.kafka_user!r}: wrong password or unknown user; "
                f"check {PREFIX}KAFKA_USER and {PREFIX}KAFKA_PASSWORD"
            )
        case UnsupportedSaslMechanismError():
            return AccessRefused(
                f"Kafka at {server} does not take {settings.kafka_mechanism}: {error}; "
                f"set {PREFIX}KAFKA_MECHANISM"
            )
        case ssl.SSLCertVerificationError():
            return untrusted("KAFKA", f"Kafka at {server}", error)
        case ssl.SSLError():
            return AccessRefused(
                f"Kafka at {server} and we do not agree on TLS: {error.reason}; check "
                f"{PREFIX}KAFKA_SECURITY, {PREFIX}KAFKA_CERTIFICATE and {PREFIX}KAFKA_KEY"
            )
        # With TLS 1.3 a server says no to a client without a certificate by hanging up.
        case KafkaConnectionError() if settings.kafka_security == "ssl" and not (
            settings.kafka_certificate
        ):
            return AccessRefused(
                f"Kafka at {server} hung up: it wants to see a certificate of ours; set "
                f"{PREFIX}KAFKA_CERTIFICATE and {PREFIX}KAFKA_KEY"
            )
    return None
