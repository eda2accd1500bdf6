"""Checks of this machine: settings, secrets, the files that settings name, disk."""

import os
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from cli.doctor.findings import Finding, Verdict, listed, ok, problem, sentence, unasked, warning
from cli.doctor.measures import disk
from streams.counties import COUNTIES
from streams.errors import HuishangError, UserError
from streams.settings import PREFIX, Settings, strangers
from streams.sources import SECRETS

# Which of the files that settings name a stage reads, and how.
_READERS: Final[Mapping[str, tuple[str, ...]]] = {
    "lexicon": ("intake",),
    "model": ("intake",),
    "rules": ("tally", "sink"),
    "channels": ("sink",),
    "board_access": ("sink",),
}
_SECRET: Final = ("kafka_password", "clickhouse", "clickhouse_password")


def machine(settings: Settings, stage: str | None, environment: Mapping[str, str]) -> list[Finding]:
    """Everything that can be said without asking anybody. stage: only what it needs; None: all."""
    return [
        *_settings(settings, environment),
        *secrets(secret_files(settings, environment)),
        *_files(settings, stage),
        *_board(settings, stage),
        *counties(settings.counties),
        _data(settings.data),
    ]


def _settings(settings: Settings, environment: Mapping[str, str]) -> Iterator[Finding]:
    if odd := strangers(environment):
        yield warning("settings", "; ".join(odd), "huishang settings")
    else:
        yield ok("settings", f"{len(settings.model_fields_set)} set, all of them can be used")


def secret_files(settings: Settings, environment: Mapping[str, str]) -> list[Path]:
    """Files that hold a password or key, as far as settings name them."""
    named = [environment.get(f"{PREFIX}{name.upper()}_FILE") for name in _SECRET]
    files = [Path(name) for name in named if name]
    # One file may hold both certificate and key.
    keys = (
        settings.kafka_key or settings.kafka_certificate,
        settings.clickhouse_key or settings.clickhouse_certificate,
    )
    dotenv = Path(str(settings.model_config.get("env_file") or os.devnull))
    others = (*keys, settings.channels, dotenv)
    return [path for path in (*files, *others) if path and _mode(path)]


def _mode(path: Path) -> int:
    """0 for what is not there, or not to be seen by us."""
    try:
        return path.stat().st_mode if path.is_file() else 0
    except OSError:
        return 0


def secrets(files: list[Path]) -> Iterator[Finding]:
    """Whether others on this machine may read them. Those under /run/secrets are the platform's."""
    if not files:
        return
    # Mounted secrets are often open to all there is inside a container.
    own = [path for path in files if SECRETS not in path.absolute().parents]
    opened = [str(path) for path in own if _mode(path) & stat.S_IROTH]
    if opened:
        yield warning(
            "secrets",
            f"everybody on this machine may read {listed(opened)}; expected its owner alone",
            f"chmod o-r {' '.join(opened)}",
        )
    else:
        yield ok("secrets", f"{len(files)} files with secrets, not open to everybody")


def _files(settings: Settings, stage: str | None) -> Iterator[Finding]:
    for name, readers in _READERS.items():
        path: Path | None = getattr(settings, name)
        if path is None or (stage and stage not in readers):
            continue
        try:
            _load(name, path)
        except UserError as error:
            yield problem(name.replace("_", " "), sentence(error))
        else:
            yield ok(name.replace("_", " "), f"{path}: no mistake")


def _board(settings: Settings, stage: str | None) -> Iterator[Finding]:
    """Whether the duty board lets anybody in."""
    from sinks.board.doors import closed_on  # noqa: PLC0415 - it brings a web server

    asked = stage in (None, "sink") and settings.board_access is None
    if asked and (closed := closed_on(settings.host)):
        yield warning("board", f"it lets nobody in: {closed}")


def _load(name: str, path: Path) -> None:
    """Read a file as its stage would. Raises UserError."""
    from agents import model_file  # noqa: PLC0415 - each is loaded only where it is set
    from agents.judge import Judge  # noqa: PLC0415
    from agents.redaction import redact  # noqa: PLC0415
    from agents.rules import Rules  # noqa: PLC0415
    from sinks.board import access  # noqa: PLC0415
    from sinks.channels import config  # noqa: PLC0415

    read: dict[str, Callable[[Path], Any]] = {
        "lexicon": lambda folder: Judge.load(redact, folder),
        "model": model_file.load,
        "rules": Rules.load,
        "channels": config.load,
        "board_access": access.load,
    }
    read[name](path)


def counties(prefixes: str) -> Iterator[Finding]:
    """Whether each code or prefix of HUISHANG_COUNTIES is of a county.

    >>> [(one.verdict.value, one.said) for one in counties("6207,999999")]
    [('problem', 'no county begins with 999999; expected codes of GB/T 2260, or their beginnings')]
    >>> [one.said for one in counties("620702,6207")]
    ['6 counties must report']
    """
    wanted = [each for each in prefixes.split(",") if each]
    if not wanted:
        return
    unknown = [each for each in wanted if not any(code.startswith(each) for code in COUNTIES)]
    if unknown:
        yield problem(
            "counties",
            f"no county begins with {listed(unknown)}; "
            "expected codes of GB/T 2260, or their beginnings",
            f"{PREFIX}COUNTIES=620702,6208  (for example)",
        )
    else:
        number = sum(code.startswith(tuple(wanted)) for code in COUNTIES)
        yield ok("counties", f"{number} counties must report")


def _data(folder: Path) -> Finding:
    """The data folder, or the nearest one above it that is there."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    try:
        used = shutil.disk_usage(there)
    except OSError as error:
        return unasked("disk", f"{there}: {error.strerror}")
    found = disk("disk", str(folder), used.free, used.total)
    if found.verdict is not Verdict.PROBLEM and not os.access(there, os.W_OK):
        return problem(
            "disk",
            f"this user may not write {there}, where {PREFIX}DATA ({folder}) is",
            f"{PREFIX}DATA=/a/folder/of/its/own",
        )
    return found


def unusable(error: HuishangError) -> list[Finding]:
    """Settings that cannot be read: nothing else can be asked."""
    return [problem("settings", sentence(error), "huishang settings")]
