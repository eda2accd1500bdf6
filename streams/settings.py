"""Every setting, read once: environment, files, a running Huishang, defaults.

Twelve-factor: each setting is an environment variable HUISHANG_<NAME>. What goes
before what: the command line, the environment, the file that HUISHANG_<NAME>_FILE
names, .env in the working folder, a file HUISHANG_<NAME> under /run/secrets, a
`huishang run` that is up (its addresses stand in <data>/run.json), the default.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, Self
from zoneinfo import ZoneInfo

from platformdirs import user_data_path
from pydantic import (
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from streams import sources
from streams.errors import SettingsError
from streams.masking import masked
from streams.runfile import RUN_FILE, Run, read_run
from streams.sources import PREFIX
from streams.unusable import is_address, sentence

__all__ = [
    "PREFIX",
    "RUN_FILE",
    "Run",
    "Settings",
    "SettingsError",
    "Shown",
    "load",
    "masked",
    "read_run",
    "shown",
    "strangers",
]

_BROKER: Final = re.compile(r"^(\[[0-9a-fA-F:]+\]|[^\s,:/@]+)(:\d{1,5})?$")


def _default_data() -> Path:
    return user_data_path("huishang")


class Settings(BaseSettings):
    """What can be set, with its default. Units are in the names.

    Made by `load`, which reads the environment and the rest; Settings(...) itself
    takes what it is given and defaults.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    data: Path = Field(
        default_factory=_default_data,
        description="folder for the embedded store, journal and run files",
    )
    kafka: str = Field("127.0.0.1:9092", description="bootstrap servers, comma-separated")
    kafka_security: Literal["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"] = Field(
        "plaintext", description="Kafka's security.protocol: ssl is TLS, sasl asks for a password"
    )
    kafka_mechanism: Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"] = Field(
        "SCRAM-SHA-512", description="how a password is shown, with sasl"
    )
    kafka_user: str = Field("", description="with sasl")
    kafka_password: SecretStr = Field(SecretStr(""), description="with sasl")
    kafka_ca: Path | None = Field(
        None, description="PEM of who signed Kafka's certificate; empty: the system's authorities"
    )
    kafka_certificate: Path | None = Field(
        None, description="PEM by which we show who we are (mTLS); empty: none"
    )
    kafka_key: Path | None = Field(None, description="PEM of its key; empty: in the same file")
    clickhouse: str = Field(
        "http://127.0.0.1:8123/default",
        repr=False,  # it may hold a password
        description="DSN: http(s)://user:password@host:port/database, or chdb:///folder",
    )
    clickhouse_user: str = Field("", description="where the DSN names none")
    clickhouse_password: SecretStr = Field(SecretStr(""), description="where the DSN has none")
    clickhouse_ca: Path | None = Field(
        None, description="with https, as HUISHANG_KAFKA_CA; so are the next two"
    )
    clickhouse_certificate: Path | None = Field(
        None, description="with a password both are shown; without, it says who we are"
    )
    clickhouse_key: Path | None = Field(None, description="PEM of its key")
    clickhouse_cluster: str = Field(
        "",
        pattern=r"^\w*$",
        description="name of a cluster: tables are replicated and distributed over it; empty: one server",
    )
    keep_alerts_days: int = Field(
        1_095, ge=30, description="alerts, actions, notices and incidents in the store"
    )
    keep_letters_days: int = Field(
        400, ge=30, description="dead letters, ledger and expectations in the store"
    )
    topic_prefix: str = Field(
        "", pattern=r"^[a-z0-9.-]*$", description="before every topic and consumer group"
    )
    partitions: int = Field(
        24, ge=1, le=1024, description="of the reports topic; changed by a command only"
    )
    replication: int = Field(1, ge=1, description="copies of each topic made by topics apply")
    timezone: str = Field("Asia/Shanghai", description="of days, hours and the daily cycle")
    counties: str = Field(
        "",
        pattern=r"^[\d,]*$",
        description="codes or prefixes of the counties that must report; "
        "empty: those that reported in the last 7 days",
    )
    rules: Path | None = Field(
        None, description="rules.yaml, reloaded when it changes; empty: the one shipped"
    )
    lexicon: Path | None = Field(
        None, description="folder of the lexicon, reloaded when it changes; empty: the one shipped"
    )
    model: Path | None = Field(
        None, description="of topics, made by huishang train; empty: the lexicon alone decides"
    )
    dedupe_days: int = Field(7, ge=1, le=90, description="how long identities are kept")
    totals_days: int = Field(7, ge=1, le=31, description="older hours become history pieces")
    incidents_max: int = Field(
        100_000,
        ge=1_000,
        description="incidents held per partition of reports; the oldest of one report go first",
    )
    history_years: int = Field(10, ge=1, le=100, description="older events are refused")
    ahead_minutes: int = Field(10, ge=0, le=1440, description="later events are refused")
    dead_letter_limit_pct: int = Field(
        50, ge=1, le=100, description="above this share of the last 1,000 events a stage stops"
    )
    journal: Literal["topic", "file"] = Field(
        "topic", description="where tally keeps its journal; file: embedded mode"
    )
    snapshot_kb: int = Field(
        4096, ge=16, description="of journal entries per partition before a snapshot replaces them"
    )
    sink_rows: int = Field(50_000, ge=1, description="rows that are inserted at once, or")
    sink_seconds: float = Field(0.5, gt=0, le=60, description="after how long at the latest")
    channels: Path | None = Field(
        None, description="channels.yaml: chat groups, mail, webhooks to tell; empty: none"
    )
    board_access: Path | None = Field(
        None, description="who may see and do what at the duty board; empty: this machine alone"
    )
    late_minutes: int = Field(
        60, ge=0, le=10_080, description="without any data until the duty board says so; 0: never"
    )
    host: str = Field("127.0.0.1", description="address the pages and endpoints listen on")
    kafka_port: int = Field(9092, ge=0, le=65535, description="embedded broker; 0: a free one")
    clickhouse_port: int = Field(
        8123, ge=0, le=65535, description="read-only endpoint of the embedded store; 0: a free one"
    )
    status_port: int = Field(8300, ge=0, le=65535, description="sink: duty board, health, metrics")
    intake_port: int = Field(8301, ge=0, le=65535, description="intake: health, metrics")
    tally_port: int = Field(8302, ge=0, le=65535, description="tally: health, metrics")
    clock_file: Path | None = Field(None, description="file with the time to show; for demos")
    log_format: Literal["auto", "json", "text"] = Field(
        "auto", description="auto: text on a terminal, else json"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="debug also shows tracebacks"
    )
    _origins: dict[str, str] = PrivateAttr(default_factory=dict)

    @field_validator(
        *("data", "rules", "lexicon", "model", "channels", "board_access", "clock_file"),
        *("kafka_ca", "kafka_certificate", "kafka_key"),
        *("clickhouse_ca", "clickhouse_certificate", "clickhouse_key"),
    )
    @classmethod
    def _whole_path(cls, path: Path | None) -> Path | None:
        # Absolute: a child process may have another working folder.
        return path.expanduser().absolute() if path else None

    @field_validator("kafka")
    @classmethod
    def _bootstrap_servers(cls, servers: str) -> str:
        if not all(_BROKER.match(server) for server in servers.split(",")):
            raise ValueError("expected host:port, or several with commas between")
        return servers

    @field_validator("clickhouse")
    @classmethod
    def _address(cls, dsn: str) -> str:
        if not is_address(dsn):
            raise ValueError(
                "expected http(s)://user:password@host:port/database or chdb:///folder, and of a "
                "password / as %2F, : as %3A, ? as %3F, # as %23, [ as %5B, a blank as %20; it may "
                f"stand in {PREFIX}CLICKHOUSE_PASSWORD as it is"
            )
        return dsn

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise ValueError("expected the name of a time zone, like Asia/Shanghai") from None
        return name

    @model_validator(mode="after")
    def _with_a_user(self) -> Self:
        if self.kafka_security.startswith("sasl") and not self.kafka_user:
            raise ValueError(
                f"{PREFIX}KAFKA_SECURITY is {self.kafka_security}: expected {PREFIX}KAFKA_USER too"
            )
        return self

    @model_validator(mode="after")
    def _one_login(self) -> Self:
        if self.clickhouse.startswith("http") and "@" in self.clickhouse:
            for name in ("clickhouse_user", "clickhouse_password"):
                if getattr(self, name):
                    raise ValueError(
                        f"{PREFIX}{name.upper()} and a user in {PREFIX}CLICKHOUSE: keep one of them"
                    )
        return self

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)  # `load` reads the others, and remembers which gave what


class Shown(NamedTuple):
    """One setting as `huishang settings` shows it."""

    name: str
    value: str
    origin: str
    description: str


def load(**given: Any) -> Settings:
    """Read the settings; `given` (the command line) goes before everything else.

    Raises SettingsError naming the variable, what it held (passwords masked,
    secret files not at all) and what is expected.
    """
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for origin, found in sources.sources(given, Settings.model_fields, _dotenv()):
        for name, value in found.items():
            if name in Settings.model_fields and name not in values:
                values[name] = value
                origins[name] = origin
    data = Path(values.get("data") or _default_data()).expanduser()
    if running := read_run(data):
        for name in running.settings.keys() & Settings.model_fields.keys() - values.keys():
            values[name] = running.settings[name]
            origins[name] = f"huishang run (pid {running.pid})"
    try:
        settings = Settings(**values)
    except ValidationError as error:
        raise SettingsError(sentence(error, origins)) from None
    settings._origins.update(origins)
    return settings


def shown(settings: Settings) -> list[Shown]:
    """Every setting with its value (passwords masked) and where it came from."""
    return [
        Shown(
            name=PREFIX + name.upper(),
            value=masked(getattr(settings, name)),
            origin=settings._origins.get(name, "default"),
            description=field.description or "",
        )
        for name, field in Settings.model_fields.items()
    ]


def strangers(environment: Mapping[str, str] = os.environ) -> list[str]:
    """One sentence for each HUISHANG_ variable that is no setting, with the closest name."""
    return sources.strangers(environment, Settings.model_fields, _dotenv())


def _dotenv() -> str | None:
    path = Settings.model_config.get("env_file")
    return path if isinstance(path, str) else None
