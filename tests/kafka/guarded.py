"""Apache Kafka with users and ACLs, which writes down what it allowed whom and what not."""

import re
from collections.abc import Collection
from pathlib import Path
from typing import Final, NamedTuple

from aiokafka.protocol.admin import CreateAclsRequest

from streams.grants import Operation, Rule
from tests.brokers import ApacheKafka, administered
from tests.waiting import free_port

_TOPIC, _GROUP, _LITERAL, _PREFIXED, _ALLOW = 2, 3, 3, 4, 3  # as in Kafka's protocol
_OPERATIONS: Final[dict[Operation, int]] = {"Read": 3, "Write": 4, "Describe": 8}
# Whoever does not log in may do everything: the broker itself, and the tests.
_PROPERTIES: Final = """\
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller},LOGIN://127.0.0.1:{login}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},LOGIN://127.0.0.1:{login}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,LOGIN:SASL_PLAINTEXT
sasl.enabled.mechanisms=PLAIN
listener.name.login.plain.sasl.jaas.config=\
org.apache.kafka.common.security.plain.PlainLoginModule required {users};
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
    """users: names, each its own password. They come in by `login`."""

    def __init__(self, folder: Path, users: Collection[str]) -> None:
        self._users = users
        super().__init__(folder)

    @property
    def login(self) -> str:
        """host:port for those who log in (SASL PLAIN)."""
        return f"127.0.0.1:{self._login_port}"

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

    def _choose_ports(self) -> None:
        super()._choose_ports()
        self._login_port = free_port()

    def _settings(self) -> str:
        users = " ".join(f'user_{name}="{name}"' for name in self._users)
        ports = {"port": self._port, "controller": self._controller_port}
        return super()._settings() + _PROPERTIES.format(
            **ports, login=self._login_port, users=users
        )

    def _command(self, *args: str) -> list[str]:
        java, *rest = super()._command(*args)
        return [java, _AUDIT, *rest]
