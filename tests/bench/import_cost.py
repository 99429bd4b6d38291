"""Measure what `from model_runtime import ModelRuntime` costs beside `import httpx`.

Both are timed in fresh processes, one after the other in each round, so that a busy machine
slows both alike; the number to watch is the median of the rounds' ratios (goal: 1.6 or less).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

ROUNDS = 15
GOAL = 1.6
SOURCE = Path(__file__).resolve().parents[2] / "engine"
PROGRAM = """
import time
start = time.process_time()
{statement}
print(time.process_time() - start)
"""


def cpu_seconds(statement: str, byte_code: str) -> float:
    """Return the CPU seconds that one statement takes in a fresh process.

    Byte code is kept in the folder `byte_code`, also where the environment says not to keep any:
    compiling is no part of the cost.
    """
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(statement=statement)],
        capture_output=True,
        text=True,
        check=True,
        env={
            **os.environ,
            "PYTHONPATH": str(SOURCE),
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTHONPYCACHEPREFIX": byte_code,
        },
    )
    return float(done.stdout)


def main() -> None:
    """Print the median times and the median ratio."""
    ours, theirs = "from model_runtime import ModelRuntime", "import httpx"
    with tempfile.TemporaryDirectory() as folder:
        # The first run writes the byte code and is not counted.
        cpu_seconds(ours, folder), cpu_seconds(theirs, folder)
        rounds = [(cpu_seconds(ours, folder), cpu_seconds(theirs, folder)) for _ in range(ROUNDS)]
    own, base = median(a for a, _ in rounds), median(b for _, b in rounds)
    ratio = median(a / b for a, b in rounds)
    print(f"import model_runtime: {own * 1000:.0f} ms CPU, import httpx: {base * 1000:.0f} ms CPU")
    print(f"median ratio over {ROUNDS} rounds: {ratio:.2f} (goal: {GOAL} or less)")


if __name__ == "__main__":
    main()
