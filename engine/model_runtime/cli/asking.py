"""How an answer is shown while it comes, and what is said about it afterwards."""

from __future__ import annotations

import json
import sys

from rich.text import Text

from model_runtime.results.llm import LLMResult
from model_runtime.results.usage import Usage
from model_runtime.runtime.handles import LLMReader
from model_runtime.runtime.streams import Stream

from .console import notes
