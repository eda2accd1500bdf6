"""What a container may do, asked from inside and of the engine."""

from typing import Any, Final

_BUILD_TOOLS: Final = "pip pip3 gcc cc make git go mvn"
ASKED: Final = f"""\
grep -E '^(Uid|Gid|CapEff|NoNewPrivs):' /proc/1/status
touch /huishang-test
for tool in {_BUILD_TOOLS}; do command -v $tool; done
"""


def wrongs(service: str, said: str, inspected: dict[str, Any]) -> list[str]:
    """What is not as it must be, in words; empty when all is.

    said: what a shell in the container answers to ASKED. inspected: as docker inspect has it.
    """
    status = dict(line.split(":\t", 1) for line in said.splitlines() if ":\t" in line)
    host = inspected["HostConfig"]
    found = {
        f"process 1 runs as user {status.get('Uid')}": "0" in status.get("Uid", "0").split(),
        f"its capabilities are {status.get('CapEff')}": int(status.get("CapEff", "1"), 16) != 0,
        "it may gain privileges": status.get("NoNewPrivs") != "1",
        f"its root can be written: {said}": "Read-only file system" not in said,
        "its root is not mounted read-only": not host["ReadonlyRootfs"],
        "it has no limit of memory": not host["Memory"],
        "it has no limit of processes": not host["PidsLimit"],
        "it has no limit of processor time": not host["NanoCpus"],
        "ports are open to others": any(
            binding["HostIp"] != "127.0.0.1"
            for bindings in (host["PortBindings"] or {}).values()
            for binding in bindings
        ),
    }
    tools = [line for line in said.splitlines() if line.startswith("/")]
    if service in ("intake", "tally", "sink") and tools:
        found[f"it holds build tools: {tools}"] = True
    return [f"{service}: {what}" for what, wrong in found.items() if wrong]
