"""Measure what a call and a streamed chunk cost beside raw httpx. Nothing is stored.

Both talk to a server of our own on this machine, in turns within each round, so that whatever
else the machine does slows both alike. Counted is the CPU time of this process; the number to
watch is the median of the rounds' ratios.

    smoke.py [SECONDS]      how long to measure, 30 if not given
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import httpx
from server import EVENTS

from model_runtime import LanguageModel, ModelRuntime

SECONDS = 30.0
LEAST_ROUNDS = 3
CALLS = 200
STREAMS = 3
GOALS = {"call": 0.75, "chunk": 1.0}
PROMPT = "Say something short."
PARAMETERS = {"temperature": 0.2, "max_tokens": 64}


@contextmanager
def serving() -> Iterator[str]:
    """Run the canned server and yield its base URL."""
    command = [sys.executable, str(Path(__file__).with_name("server.py"))]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdin is not None and server.stdout is not None
        yield f"http://127.0.0.1:{int(server.stdout.readline())}/v1"
        server.stdin.close()


class Raw:
    """The same work by hand: httpx and the standard library's JSON."""

    def __init__(self, client: httpx.Client, url: str) -> None:
        self._client, self._url = client, f"{url}/chat/completions"
        self._body = {
            "model": "bench-1",
            "messages": [{"role": "user", "content": PROMPT}],
            **PARAMETERS,
        }
        self._headers = {"authorization": "Bearer key-of-a-bench"}

    def call(self) -> None:
        reply = self._client.post(self._url, json=self._body, headers=self._headers)
        assert json.loads(reply.content)["choices"][0]["message"]["content"]

    def stream(self) -> None:
        body = {**self._body, "stream": True, "stream_options": {"include_usage": True}}
        pieces = []
        with self._client.stream("POST", self._url, json=body, headers=self._headers) as reply:
            for line in reply.iter_lines():
                if line.startswith("data: ") and line != "data: [DONE]":
                    pieces.append(json.loads(line[6:])["choices"][0]["delta"].get("content"))
        assert len(pieces) == EVENTS


class Ours:
    """A call and a stream through the library."""

    def __init__(self, model: LanguageModel) -> None:
        self._model = model

    def call(self) -> None:
        assert self._model.invoke(PROMPT, parameters=PARAMETERS).text

    def stream(self) -> None:
        with self._model.stream(PROMPT, parameters=PARAMETERS) as stream:
            deltas = [event.text for event in stream if event.type == "text_delta"]
        assert len(deltas) == EVENTS - 1


def cpu_micros(work: Callable[[], None], times: int, per: int = 1) -> float:
    """Return the CPU microseconds that one of `per` parts of the work takes."""
    start = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - start) * 1e6 / (times * per)


def measure(raw: Raw, ours: Ours, seconds: float) -> dict[str, list[tuple[float, float]]]:
    """Return pairs of raw and own microseconds, a pair for each round."""
    rounds: dict[str, list[tuple[float, float]]] = {"call": [], "chunk": []}
    end = time.monotonic() + seconds
    for work in (raw.call, ours.call, raw.stream, ours.stream):
        work()
    while time.monotonic() < end or len(rounds["call"]) < LEAST_ROUNDS:
        rounds["call"].append((cpu_micros(raw.call, CALLS), cpu_micros(ours.call, CALLS)))
        rounds["chunk"].append(
            (cpu_micros(raw.stream, STREAMS, EVENTS), cpu_micros(ours.stream, STREAMS, EVENTS))
        )
    return rounds


def main() -> None:
    """Print the medians and the median ratios."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    with serving() as url, httpx.Client() as client:
        credentials = {"local": {"base_url": url, "api_key": "key-of-a-bench"}}
        with ModelRuntime(credentials=credentials) as runtime:
            ours = Ours(runtime.llm("local/bench-1"))
            found = measure(Raw(client, url), ours, seconds)
    for name, rounds in found.items():
        base, own = median(a for a, _ in rounds), median(b for _, b in rounds)
        ratio = median(b / a for a, b in rounds)
        print(
            f"{name:5}  raw httpx {base:6.1f} us  model_runtime {own:6.1f} us  "
            f"ratio {ratio:.2f} of {len(rounds)} rounds (goal: {GOALS[name]} or less)"
        )


if __name__ == "__main__":
    main()
