"""What the benchmarks ran on."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

import psutil

from tests.kafka import jars


def machine() -> dict[str, str | int | float]:
    """Processor, memory, versions; load_1m: how busy the machine was before we began."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count() or 0,
        "memory_gib": round(psutil.virtual_memory().total / (1 << 30), 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "kafka": jars.version(),
        "faust-streaming": version("faust-streaming"),
        "aiokafka": version("aiokafka"),
        "load_1m": round(os.getloadavg()[0], 2),
    }


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
