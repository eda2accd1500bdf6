"""Apache Kafka that asks who comes, keeps to ACLs, and writes down what it allowed whom and what not."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
import trustme
from aiokafka.protocol.admin import CreateAclsRequest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from streams.grants import Operation, Rule
from tests.brokers import ApacheKafka, administered
from tests.kafka.jars import KafkaMissing
from tests.waiting import free_port

_TOPIC, _GROUP, _LITERAL, _PREFIXED, _ALLOW = 2, 3, 3, 4, 3  # as in Kafka's protocol
_OPERATIONS: Final[dict[Operation, int]] = {"Read": 3, "Write": 4, "Describe": 8}
_HOST: Final = "127.0.0.1"
# Whoever comes by the plain port may do everything: the broker itself, and the tests.
_PROPERTIES: Final = """\
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller},\
SASL_SSL://{host}:{login},SSL://{host}:{certificate}
advertised.listeners=PLAINTEXT://{host}:{port},\
SASL_SSL://{host}:{login},SSL://{host}:{certificate}
listener.security.protocol.map=\
PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL,SSL:SSL
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.type=PEM
ssl.keystore.location={server}
ssl.truststore.type=PEM
ssl.truststore.location={authority}
listener.name.ssl.ssl.client.auth=required
ssl.principal.mapping.rules=RULE:^.*CN=([^,]+).*$/$1/
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
"""
_AUDIT: Final = "-Dorg.slf4j.simpleLogger.log.kafka.authorizer.logger=debug"
_SAID: Final = re.compile(
    r"Principal = User:(\w+) is (Allowed|Denied) operation = (\w+) from host = \S+ "
    r"on resource = (\w+):LITERAL:(\S+) "
)


class Asked(NamedTuple):
    """What a user asked for, in Kafka's words: READ, TOPIC or GROUP."""

    user: str
    allowed: bool
    operation: str
    kind: str
    name: str


class GuardedKafka(ApacheKafka):
    """users: password of each. They come over TLS, with it or with their certificates."""

    def __init__(self, folder: Path, users: Mapping[str, str]) -> None:
        self._passwords = dict(users)
        self._certificates = folder / "certificates"
        super().__init__(folder)

    def by_password(self, user: str) -> dict[str, Any]:
        """Settings of one who shows a password (SCRAM)."""
        return {
            "kafka": f"{_HOST}:{self._login_port}",
            "kafka_security": "sasl_ssl",
            "kafka_user": user,
            "kafka_password": self._passwords[user],
            "kafka_ca": self._path("authority"),
        }

    def by_certificate(self, user: str) -> dict[str, Any]:
        """Settings of one who shows a certificate (mTLS)."""
        return {
            "kafka": f"{_HOST}:{self._certificate_port}",
            "kafka_security": "ssl",
            "kafka_ca": self._path("authority"),
            "kafka_certificate": self._path(user),
        }

    @property
    def another_authority(self) -> Path:
        """The file of one that did not sign the broker's certificate."""
        return self._path("another")

    def start(self) -> None:
        """Start, with certificates made for the occasion."""
        if not self._certificates.is_dir():
            self._certificates.mkdir(parents=True)
            authority = trustme.CA()
            authority.cert_pem.write_to_path(self._path("authority"))
            trustme.CA().cert_pem.write_to_path(self._path("another"))
            _write(authority.issue_cert(_HOST, common_name="kafka"), self._path("kafka"))
            for user in self._passwords:
                issued = authority.issue_cert(f"{user}.example", common_name=user)
                _write(issued, self._path(user))
        super().start()

    def asked(self) -> set[Asked]:
        """All that those who logged in asked for so far."""
        said = self._child.text() if self._child else ""
        return {
            Asked(user, verdict == "Allowed", operation, kind.upper(), name)
            for user, verdict, operation, kind, name in _SAID.findall(said)
            if user != "ANONYMOUS"
        }

    async def allow(self, user: str, rule: Rule) -> None:
        """Add the ACLs of a rule for a user."""
        async with administered(self.bootstrap) as admin:
            for operation in rule.operations:
                request = CreateAclsRequest(
                    _TOPIC if rule.kind == "topic" else _GROUP,
                    rule.name,
                    _PREFIXED if rule.prefixed else _LITERAL,
                    f"User:{user}",
                    "*",
                    _OPERATIONS[operation],
                    _ALLOW,
                )
                answer = await admin._send_request(request)
                assert [code for code, *_ in answer.creation_responses] == [0], answer

    def _path(self, name: str) -> Path:
        return self._certificates / f"{name}.pem"

    def _choose_ports(self) -> None:
        super()._choose_ports()
        self._login_port, self._certificate_port = free_port(), free_port()

    def _settings(self) -> str:
        return super()._settings() + _PROPERTIES.format(
            host=_HOST,
            port=self._port,
            controller=self._controller_port,
            login=self._login_port,
            certificate=self._certificate_port,
            server=self._path("kafka"),
            authority=self._path("authority"),
        )

    def _users(self) -> list[str]:
        return [
            f"--add-scram=SCRAM-SHA-512=[name={name},password={password}]"
            for name, password in self._passwords.items()
        ]

    def _command(self, *args: str) -> list[str]:
        java, *rest = super()._command(*args)
        return [java, _AUDIT, *rest]


@contextmanager
def guarded_kafka(folder: Path, users: Mapping[str, str]) -> Iterator[GuardedKafka]:
    """One for the length of a with block; skips where it cannot run, fails with REQUIRE_KAFKA=1."""
    try:
        server = GuardedKafka(folder, users)
    except KafkaMissing as missing:
        if os.environ.get("REQUIRE_KAFKA") == "1":
            pytest.fail(f"REQUIRE_KAFKA=1, but {missing}", pytrace=False)
        pytest.skip(str(missing))
    server.start()
    try:
        yield server
    finally:
        server.stop()
        server.remove()


def _write(issued: trustme.LeafCert, path: Path) -> None:
    """Key and chain in one file, as Kafka wants them: the key as PKCS 8."""
    key = load_pem_private_key(issued.private_key_pem.bytes(), None)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(pem + b"".join(blob.bytes() for blob in issued.cert_chain_pems))
