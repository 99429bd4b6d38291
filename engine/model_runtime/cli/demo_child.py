"""The child process of `demo`: a real llama.cpp server on a free port of this machine.

It is run as a file, so it imports nothing of ours. It prints its address when it listens, and
ends when its standard input does, which the parent holds open: however the parent dies, no
server is left behind.
"""

from __future__ import annotations

import importlib
import os
import sys


def serve(weights: str) -> None:
    """Serve a GGUF file on 127.0.0.1 until standard input ends."""
    llama = importlib.import_module("xllamacpp")
    params = llama.CommonParams()
    params.model.path = weights
    params.model_alias = {"smollm2-135m"}
    params.hostnames = ["127.0.0.1"]
    # Port 0: the system picks a free one, and nobody can take it in between.
    params.port = 0
    params.n_ctx, params.n_parallel = 4096, 1
    params.use_jinja = True
    server = llama.Server(params)
    sys.stdout.write(f"{server.listening_address}\n")
    sys.stdout.flush()
    sys.stdin.buffer.read()
    # The server's threads do not end by themselves in time; there is nothing to save.
    os._exit(0)


if __name__ == "__main__":
    serve(sys.argv[1])
