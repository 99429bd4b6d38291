"""The only room that talks to the network: it runs flows and hands streams to callers.

transport     addresses, heads, proxies, the table of httpx's exceptions
http1         HTTP/1.1 as bytes: what is sent, what is read, what is refused
sync_lane     one connection, for blocking calls; through a proxy it is one of httpx
async_lane    one connection under asyncio
lanes         connection pools whose cost does not grow with their connections
replies       a reply whose head has come, from a lane or from a host's client of httpx
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
