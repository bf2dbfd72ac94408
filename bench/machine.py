"""The machine and the software a figure was measured on, and the processor time that processes took."""

import os
import platform
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")


def description() -> str:
    """Return processor, cores that we may use and memory, in one line."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{_processor()}, {cores} cores, {memory:.0f} GiB, {platform.system()} {platform.release()}"


def versions() -> dict[str, str]:
    packages = ("uvicorn", "uvloop", "httptools", "orjson", "psycopg", "django")
    return {"Python": platform.python_version()} | {package: version(package) for package in packages}


def cpu_seconds(pids: Iterable[int]) -> float | None:
    """Return what these processes and those they started have used so far; None where the system does not say."""
    if not (_PROC / "self/stat").exists():
        return None
    parents = {}
    for folder in _PROC.iterdir():
        if folder.name.isdigit() and (stat := _stat(int(folder.name))):
            parents[int(folder.name)] = int(stat[1])
    family = set(pids)
    while children := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= children
    return sum((int(stat[11]) + int(stat[12])) / _TICKS for stat in map(_stat, family) if stat)


def busy_seconds() -> float | None:
    """Return what all processes of this machine have used so far, and its host has taken from it (proc(5), `stat`)."""
    try:
        user, nice, system, _idle, _waiting, *rest = map(
            int, (_PROC / "stat").read_text().split("\n", 1)[0].split()[1:]
        )
    except OSError:
        return None
    interrupts_and_stolen = sum(rest[:3])
    return (user + nice + system + interrupts_and_stolen) / _TICKS


def _stat(pid: int) -> list[str] | None:
    """Return the fields of `/proc/<pid>/stat` from the third on (proc(5)); the second may contain spaces."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def _processor() -> str:
    try:
        lines = (_PROC / "cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())
