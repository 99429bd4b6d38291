"""Make a folder of a thousand specs and time how long listing them takes, by the clock.

    listing.py SCRATCH cold     a fresh process, and nothing was ever cached
    listing.py SCRATCH warm     a fresh process after another one has listed them
    listing.py SCRATCH again    the same process a second time

Listed are the name, the label and the model types of each. Printed are microseconds.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

COUNT = 1000
SPEC = """\
spec_version: 1
provider: acme{number}
label: {{en_US: Acme {number}}}
extends: openai_compatible
base_url: https://api{number}.acme.example/v1
supported_model_types: [llm, text-embedding]
credentials: {{api_key: {{env: ACME{number}_API_KEY}}}}
models:
  - {{model: large, model_type: llm, model_properties: {{mode: chat, context_size: 128000}}}}
"""


def main() -> None:
    """Print how long one listing took."""
    scratch, state = Path(sys.argv[1]), sys.argv[2]
    folder = scratch / "thousand"
    if not folder.exists():
        folder.mkdir()
        for number in range(COUNT):
            (folder / f"acme{number}.yaml").write_text(SPEC.format(number=number))
    cache = scratch / (f"cache-{os.getpid()}" if state == "cold" else "cache")
    os.environ["MODEL_RUNTIME_CACHE"] = str(cache)
    from model_runtime import ModelRuntime

    def listed() -> float:
        started = time.perf_counter()
        found = [(one.name, one.label(), one.supported_model_types) for one in runtime.providers()]
        seconds = time.perf_counter() - started
        assert sum(name.startswith("acme") for name, *_ in found) == COUNT
        return seconds

    runtime = ModelRuntime(specs=[folder])
    first, second = listed(), listed()
    print((second if state == "again" else first) * 1e6)


if __name__ == "__main__":
    main()
