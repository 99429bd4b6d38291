"""The only room with httpx: it runs flows and hands streams to callers.

transport     HttpRequest to httpx and back, proxies, the table of httpx's exceptions
lanes         connection pools whose cost does not grow with their connections
decoding      gzip and deflate, in pieces of bounded size
connection    what both drivers keep of a call and of an open reply
sync_driver   runs flows in the calling thread
async_driver  runs flows under asyncio
streams       Stream and AsyncStream
"""

from __future__ import annotations

from .async_driver import AsyncDriver
from .streams import AsyncStream, Reader, Stream
from .sync_driver import SyncDriver

__all__ = ["AsyncDriver", "AsyncStream", "Reader", "Stream", "SyncDriver"]
