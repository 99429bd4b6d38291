"""Generators over `exchange`: calls, streams, retries. They do no input or output of their own.

retry   when a failed attempt is made again, and how long to wait before
"""

from __future__ import annotations
