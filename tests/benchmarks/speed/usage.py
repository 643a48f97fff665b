"""What running processes use: processor time and memory, as the kernel counts them."""

import time
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Memory:
    """Memory of some processes in MB."""

    rss: float
    """Everything that is mapped and present; shared pages count in each process."""
    pss: float
    """Shared pages divided by those who share them: what the processes really cost together."""


def tree(pid: int) -> list[psutil.Process]:
    """A process and everything it started, itself first."""
    root = psutil.Process(pid)
    return [root, *root.children(recursive=True)]


def cpu_seconds(pid: int) -> float:
    """Processor time of a process and everything it started that still runs."""
    return sum(sum(process.cpu_times()[:2]) for process in tree(pid))


def worked_seconds(pid: int) -> float:
    """Processor time of one process, to the nanosecond; threads that have ended are counted."""
    return time.clock_gettime((~pid << 3) | 2)  # what `clock_getcpuclockid` of Linux gives


def anonymous(pid: int) -> float:
    """Memory of one process in bytes that no file stands for: what mapped files take can be taken back at any time."""
    found = psutil.Process(pid).memory_info()
    return float(found.rss - found.shared)


def memory(pid: int) -> Memory:
    """Memory of a process and everything it started."""
    found = [process.memory_full_info() for process in tree(pid)]
    return Memory(sum(one.rss for one in found) / 1e6, sum(one.pss for one in found) / 1e6)
