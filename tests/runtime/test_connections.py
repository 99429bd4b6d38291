"""What becomes of connections: use, closing, cancelling, proxies and a host's own client."""

from __future__ import annotations

import asyncio
import base64
import gc
import gzip
from typing import Any

import httpx
import pytest

from model_runtime.errors import (
    ConnectionFailed,
    LimitExceeded,
    ModelRuntimeError,
)
from model_runtime.exchange import (
    Drain,
    Flow,
    HttpReply,
    HttpRequest,
    Open,
    OpenReply,
    Send,
    Timeouts,
    Wait,
)
from model_runtime.runtime import AsyncDriver, SyncDriver

SHORT = 0.15


def get(url: str, **headers: str) -> HttpRequest:
    return HttpRequest(method="GET", url=url, headers=headers)


def send(url: str, **timeouts: float | None) -> Flow[HttpReply]:
    return (yield Send(get(url), Timeouts(**timeouts)))


def open_reply(url: str, **timeouts: float | None) -> Flow[OpenReply]:
    return (yield Open(get(url), Timeouts(**timeouts)))


def drain(url: str, max_bytes: int = 1000) -> Flow[HttpReply]:
    reply = yield Open(get(url), Timeouts())
    return (yield Drain(reply, max_bytes))


def test_connection_is_used_again(drive: Any, loopback: Any) -> None:
    """Calls one after the other need one connection."""
    for _ in range(3):
        drive.run(send(loopback.url))
    assert loopback.connections == 1


def test_flow_that_fails_leaves_no_open_reply(drive: Any, loopback: Any) -> None:
    """Whatever a flow opened is closed when it raises."""
    loopback.answer(*loopback.chunked(b"x", end=False), loopback.HOLD)

    def flow() -> Flow[None]:
        yield Open(get(loopback.url), Timeouts())
        raise ModelRuntimeError("changed my mind")

    with pytest.raises(ModelRuntimeError, match="mind"):
        drive.run(flow())
    assert loopback.wait_for(lambda: loopback.hangups == 1)


def test_reply_that_a_flow_forgot_is_closed(drive: Any, loopback: Any) -> None:
    """Of several open replies only the last is handed out."""
    loopback.answer(*loopback.chunked(b"x", end=False), loopback.HOLD)
    loopback.answer(*loopback.chunked(b"y"))

    def flow() -> Flow[OpenReply]:
        yield Open(get(loopback.url), Timeouts())
        return (yield Open(get(loopback.url), Timeouts()))

    reply = drive.run(flow())
    assert loopback.wait_for(lambda: loopback.hangups == 1)
    assert drive.chunks(reply) == [b"y"]


def test_flow_is_closed_when_it_is_left() -> None:
    """An interrupt from outside runs the flow's own clean-up."""
    cleaned: list[str] = []

    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    def flow() -> Flow[None]:
        try:
            yield Wait(1)
        finally:
            cleaned.append("done")

    with pytest.raises(KeyboardInterrupt):
        SyncDriver(sleep=interrupt).run(flow())
    assert cleaned == ["done"]


def test_closing_the_driver_closes_idle_connections(drive: Any, loopback: Any) -> None:
    """No socket outlives its driver, and a closed driver opens new ones when asked again."""
    drive.run(send(loopback.url))
    assert loopback.alive == 1
    if drive.mode == "sync":
        drive.driver.close()
    else:
        drive.runner.run(drive.driver.close())
    assert loopback.wait_for(lambda: loopback.alive == 0)
    assert drive.run(send(loopback.url)).status == 200


def test_mixed_outcomes_leak_no_socket(drive: Any, loopback: Any) -> None:
    """After successes, errors, limits and abandoned replies the driver holds nothing back."""
    for _ in range(3):
        drive.run(send(loopback.url))
        # A kept connection that breaks is replaced once, a new one is not.
        loopback.answer(loopback.CLOSE)
        loopback.answer(loopback.CLOSE)
        loopback.answer(loopback.reply(bytes(5000)))
        loopback.answer(*loopback.chunked(b"x", end=False), loopback.HOLD)
        with pytest.raises(ConnectionFailed):
            drive.run(send(loopback.url))
        with pytest.raises(LimitExceeded):
            drive.run(drain(loopback.url))
        drive.close_reply(drive.run(open_reply(loopback.url)))
    gc.collect()
    assert loopback.wait_for(lambda: loopback.alive <= 1)


def test_cancelled_send_hangs_up_at_once(loopback: Any) -> None:
    """A task that is cancelled while it waits for a head leaves no connection."""
    loopback.answer(loopback.HOLD)

    async def main() -> None:
        driver = AsyncDriver()
        task = asyncio.create_task(driver.run(send(loopback.url)))
        await asyncio.to_thread(loopback.wait_for, lambda: len(loopback.requests) == 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(loopback.wait_for, lambda: loopback.hangups == 1)
        await driver.close()

    asyncio.run(main())


def test_cancelled_read_hangs_up_at_once(loopback: Any) -> None:
    """A task that is cancelled while it waits for a chunk leaves no connection."""
    loopback.answer(*loopback.chunked(b"x", end=False), loopback.HOLD)

    async def main() -> None:
        driver = AsyncDriver()
        reply = await driver.run(open_reply(loopback.url))
        assert await driver.read_chunk(reply) == b"x"
        task = asyncio.create_task(driver.read_chunk(reply))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(loopback.wait_for, lambda: loopback.hangups == 1)
        await driver.close()

    asyncio.run(main())


def test_each_event_loop_has_its_own_connections(loopback: Any) -> None:
    """One driver serves loops one after the other, as `asyncio.run` makes them."""
    driver = AsyncDriver()

    async def main() -> int:
        reply = await driver.run(send(loopback.url))
        await driver.close()
        return reply.status

    assert [asyncio.run(main()), asyncio.run(main())] == [200, 200]


def test_proxy_of_the_environment_is_used(
    monkeypatch: pytest.MonkeyPatch, drive: Any, loopback: Any
) -> None:
    """A plain request goes to the proxy, with the proxy's own password and the whole URL."""
    monkeypatch.setenv("HTTP_PROXY", f"http://me:pass@127.0.0.1:{loopback.port}")
    drive.run(send("http://api.test/v1"))
    (seen,) = loopback.requests
    assert seen.target == "http://api.test/v1"
    assert seen.headers["proxy-authorization"] == "Basic " + base64.b64encode(b"me:pass").decode()


def test_secure_request_asks_the_proxy_for_a_tunnel(
    monkeypatch: pytest.MonkeyPatch, drive: Any, loopback: Any
) -> None:
    """A proxy never sees a secure request; one that refuses is a failed connection."""
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{loopback.port}")
    loopback.answer(loopback.reply(b"", 403))
    with pytest.raises(ConnectionFailed, match="proxy"):
        drive.run(send("https://api.test/v1"))
    assert loopback.requests[0].method == "CONNECT"


def test_netrc_is_ignored(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, drive: Any, loopback: Any
) -> None:
    """Passwords of a `.netrc` never go out."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password s3cret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    drive.run(send(loopback.url))
    assert "authorization" not in loopback.requests[0].headers


def make_client(mode: str, seen: list[str], **options: Any) -> Any:
    """Make a host's client with a hook that notes each status."""

    def note(response: httpx.Response) -> None:
        seen.append(f"status {response.status_code}")

    async def async_note(response: httpx.Response) -> None:
        note(response)

    if mode == "sync":
        return httpx.Client(event_hooks={"response": [note]}, **options)
    return httpx.AsyncClient(event_hooks={"response": [async_note]}, **options)


def test_client_of_the_host_sends_with_its_hooks_and_auth(make_drive: Any, loopback: Any) -> None:
    """Hooks and auth of a handed-in client work, its redirects do not, and it stays open."""
    seen: list[str] = []
    loopback.answer(loopback.reply(b"", 302, Location=f"{loopback.url}/elsewhere"))
    client = make_client(make_drive.mode, seen, auth=("me", "pass"), follow_redirects=True)
    drive = make_drive(client)
    assert drive.run(send(loopback.url)).status == 302
    assert seen == ["status 302"]
    assert loopback.requests[0].headers["authorization"].startswith("Basic ")
    if drive.mode == "sync":
        drive.driver.close()
        assert not client.is_closed
        client.close()
    else:
        drive.runner.run(drive.driver.close())
        assert not client.is_closed
        drive.runner.run(client.aclose())


def test_client_of_the_host_with_a_stub_transport_works(make_drive: Any) -> None:
    """A body that a client has read already, as stubs do, is handed out all the same."""

    def answer(request: httpx.Request) -> httpx.Response:
        packed = gzip.compress(b"ready")
        return httpx.Response(200, content=packed, headers={"content-encoding": "gzip"})

    drive = make_drive(make_client(make_drive.mode, [], transport=httpx.MockTransport(answer)))
    assert drive.run(send("http://api.test")).body == b"ready"
    assert drive.chunks(drive.run(open_reply("http://api.test"))) == [b"ready"]


def test_error_of_a_hook_names_its_class(make_drive: Any, loopback: Any) -> None:
    """A hook that raises for a status gives an error of ours that says whose it is."""
    loopback.answer(loopback.reply(b"", 500))

    def check(response: httpx.Response) -> None:
        response.raise_for_status()

    async def async_check(response: httpx.Response) -> None:
        check(response)

    if make_drive.mode == "sync":
        client: Any = httpx.Client(event_hooks={"response": [check]})
    else:
        client = httpx.AsyncClient(event_hooks={"response": [async_check]})
    with pytest.raises(ModelRuntimeError, match="HTTPStatusError"):
        make_drive(client).run(send(loopback.url))


def test_client_of_the_wrong_kind_is_refused() -> None:
    """A mix-up of sync and async clients is told at once."""
    with httpx.Client() as client, pytest.raises(TypeError, match="httpx.AsyncClient"):
        AsyncDriver(client)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"httpx\.Client"):
        SyncDriver(httpx.AsyncClient())  # type: ignore[arg-type]
