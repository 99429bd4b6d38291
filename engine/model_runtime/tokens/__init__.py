"""Counts of tokens that need no service.

estimate    a fast estimate from the script of the text
"""

from .estimate import estimate_tokens

__all__ = ["estimate_tokens"]
