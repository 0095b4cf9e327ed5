"""What machine a figure was measured on."""

import os
import platform
from pathlib import Path

import psutil


def describe_machine() -> str:
    """Cores, memory, processor and versions."""
    memory = psutil.virtual_memory().total / 2**30
    model = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return f"{os.cpu_count()} cores, {memory:.0f} GB, {model}, {platform.system()}, Python {platform.python_version()}"
