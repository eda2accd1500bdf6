"""Checks of the stages that answer on this machine, by their own health pages."""

from collections.abc import AsyncIterator
from typing import Any, Final

import aiohttp

from cli.doctor.findings import Finding, ok, problem, unasked
from streams.health import READY
from streams.settings import Settings, read_run

_TIMEOUT_S: Final = 5.0
_EVERYWHERE: Final = ("0.0.0.0", "::", "")  # noqa: S104 - listened on by others, not by us
_PORTS: Final = {"intake": "intake_port", "tally": "tally_port", "sink": "status_port"}


async def stages(settings: Settings, stage: str | None) -> AsyncIterator[Finding]:
    """Findings as they come. stage: only this one; None: all."""
    host = "127.0.0.1" if settings.host in _EVERYWHERE else settings.host
    run = read_run(settings.data)
    ports = {name: (run.settings if run else {}).get(port) for name, port in _PORTS.items()}
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        for name in [stage] if stage else _PORTS:
            port = ports[name] or getattr(settings, _PORTS[name])
            if not port:
                yield unasked(name, "it chooses its port when it starts (0 is set)")
                continue
            address = f"http://{host}:{port}{READY}"
            try:
                async with session.get(address) as answer:
                    yield ready(name, address, await answer.json())
            except (aiohttp.ClientError, TimeoutError, ValueError):
                yield unasked(name, f"nobody answers at {address}: it is not here, or not started")


def ready(name: str, address: str, said: Any) -> Finding:
    """What a page said.

    >>> ready("tally", "http://127.0.0.1:8302/health/ready", {"stage": "tally", "ready": True}).said
    'ready'
    """
    if not isinstance(said, dict) or said.get("stage") != name:
        return problem(
            name,
            f"something else than {name} answers at {address}",
            "huishang settings  (which stage has which port)",
        )
    if not said.get("ready"):
        return problem(
            name,
            f"not ready: {said.get('reason')}",
            f"see the log of {name}, and docs/runbooks/",
        )
    return ok(name, "ready")
