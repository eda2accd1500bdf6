"""Every setting, read once: environment, .env file, secret files, a running Huishang, defaults.

Twelve-factor: each setting is an environment variable HUISHANG_<NAME>. A file
of that name under /run/secrets does for secrets. While `huishang run` is up, its
addresses stand in <data>/run.json and serve as defaults for the other commands.
"""

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from platformdirs import user_data_path
from pydantic import Field, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from streams.errors import UserError

PREFIX = "HUISHANG_"
RUN_FILE = "run.json"
_SECRETS = "/run/secrets"
_PASSWORD_IN_URL = re.compile(r"(?<=://)([^/@\s]*?):([^/@\s]*)@")


class Settings(BaseSettings):
    """What can be set, with its default. Units are in the names."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        secrets_dir=_SECRETS if os.path.isdir(_SECRETS) else None,
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
    )

    data: Path = Field(
        default_factory=lambda: user_data_path("huishang"),
        description="folder for the embedded store, journal and run files",
    )
    kafka: str = Field("127.0.0.1:9092", description="bootstrap servers, comma-separated")
    clickhouse: str = Field(
        "http://127.0.0.1:8123/default",
        description="DSN: http(s)://user:password@host:port/database, or chdb:///folder",
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
    rules: Path | None = Field(None, description="rules.yaml; empty: the one shipped")
    dedupe_days: int = Field(7, ge=1, le=90, description="how long identities are kept")
    totals_days: int = Field(7, ge=1, le=31, description="older hours become history pieces")
    history_years: int = Field(10, ge=1, le=100, description="older events are refused")
    ahead_minutes: int = Field(10, ge=0, le=1440, description="later events are refused")
    dead_letter_limit_pct: int = Field(
        50, ge=1, le=100, description="above this share of the last 1,000 events a stage stops"
    )
    journal: Literal["topic", "file"] = Field(
        "topic", description="where tally keeps its journal; file: embedded mode"
    )
    sink_rows: int = Field(50_000, ge=1, description="rows that are inserted at once, or")
    sink_seconds: float = Field(0.5, gt=0, le=60, description="after how long at the latest")
    host: str = Field("127.0.0.1", description="address the pages and endpoints listen on")
    kafka_port: int = Field(9092, ge=0, le=65535, description="embedded broker; 0: a free one")
    clickhouse_port: int = Field(
        8123, ge=0, le=65535, description="read-only endpoint of the embedded store; 0: a free one"
    )
    status_port: int = Field(8300, ge=0, le=65535, description="sink: status page, health, metrics")
    intake_port: int = Field(8301, ge=0, le=65535, description="intake: health, metrics")
    tally_port: int = Field(8302, ge=0, le=65535, description="tally: health, metrics")
    clock_file: Path | None = Field(None, description="file with the time to show; for demos")
    log_format: Literal["auto", "json", "text"] = Field(
        "auto", description="auto: text on a terminal, else json"
    )
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"no time zone {name!r}; use a name like Asia/Shanghai") from None
        return name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        given = (init_settings, env_settings, dotenv_settings, file_secret_settings)
        return (*given, _Running(settings_cls, given))


class _Running(PydanticBaseSettingsSource):
    """The addresses of a `huishang run` that is up in the same data folder."""

    def __init__(
        self,
        settings_cls: type[BaseSettings],
        given: tuple[PydanticBaseSettingsSource, ...],
    ) -> None:
        super().__init__(settings_cls)
        self._given = given

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        data = next(
            (found["data"] for source in self._given if "data" in (found := source())),
            user_data_path("huishang"),
        )
        running = read_run(Path(data))
        return running.settings if running else {}


class Run(NamedTuple):
    """A `huishang run` that is up: its process id and what it set."""

    pid: int
    settings: dict[str, Any]


def read_run(data: Path) -> Run | None:
    """The run that owns this data folder, or None when there is none alive."""
    try:
        record = json.loads((data / RUN_FILE).read_text(encoding="utf-8"))
        os.kill(record["pid"], 0)
    except (OSError, ValueError, KeyError):
        return None
    return Run(record["pid"], record["settings"])


class Shown(NamedTuple):
    """One setting as `huishang settings` shows it."""

    name: str
    value: str
    origin: str
    description: str


def masked(value: object) -> str:
    """A value as it may be shown: passwords inside addresses are replaced.

    >>> masked("https://grafana:secret@db:8443/huishang")
    'https://grafana:***@db:8443/huishang'
    """
    return _PASSWORD_IN_URL.sub(r"\1:***@", "" if value is None else str(value))


def load(**given: Any) -> Settings:
    """Read the settings; `given` goes before everything else.

    Raises UserError naming the variable, what it held and what it should hold.
    """
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        raise UserError(
            f"{PREFIX}{name.upper()} is {masked(first.get('input'))!r}: {first['msg']}"
        ) from None


def shown(settings: Settings) -> list[Shown]:
    """Every setting with its value (passwords masked) and where it came from."""
    rows = []
    for name, field in Settings.model_fields.items():
        rows.append(
            Shown(
                name=PREFIX + name.upper(),
                value=masked(getattr(settings, name)),
                origin=_origin(settings, name),
                description=field.description or "",
            )
        )
    return rows


def _origin(settings: Settings, name: str) -> str:
    variable = PREFIX + name.upper()
    if name not in settings.model_fields_set:
        return "default"
    if os.environ.get(variable):
        return "environment"
    if name in _dotenv_names():
        return ".env"
    if os.path.exists(os.path.join(_SECRETS, variable)):
        return "secret file"
    running = read_run(settings.data)
    if running and name in running.settings:
        return f"huishang run (pid {running.pid})"
    return "command line"


@cache
def _dotenv_names() -> frozenset[str]:
    from dotenv import dotenv_values

    return frozenset(
        name.upper().removeprefix(PREFIX).lower() for name in dotenv_values(".env")
    )
