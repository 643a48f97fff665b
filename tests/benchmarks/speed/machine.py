"""The machine that figures come from."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

import psutil


def machine() -> dict[str, str | int | float]:
    """What the figures depend on, and when they were taken."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
        "load_before": round(os.getloadavg()[0], 2),
    }


def processor() -> str:
    """The processor's name, with its clock where the system tells."""
    names = {}
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        names.setdefault(name.strip(), value.strip())
    clock = f", {float(names['cpu MHz']) / 1000:.1f} GHz" if "cpu MHz" in names else ""
    return names.get("model name", platform.machine()) + clock


def sentence(found: dict[str, str | int | float]) -> str:
    """The machine in one line."""
    return (
        f"{found['date']}, {found['processor']}, {found['cores']} cores, {found['memory_gb']} GB, "
        f"Python {found['python']}, {found['system']}; load average before the run {found['load_before']}"
    )
