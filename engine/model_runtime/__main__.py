"""`python -m model_runtime`: the command line."""

from __future__ import annotations

from model_runtime.cli.main import main

if __name__ == "__main__":
    main()
