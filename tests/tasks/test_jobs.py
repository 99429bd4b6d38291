"""Calls of several requests: uploads that come first, and jobs that are asked after."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from model_runtime.errors import HostRefused, ProviderError, ReplyError, TimedOut

Open = Callable[..., Any]

UPLOAD = """
speech2text:
  steps:
    upload:
      request: {path: /upload, raw: "{{ file.content }}"}
      save: {url: upload_url}
  request: {path: /transcribe, body: {url: "{{ steps.upload.url }}"}}
  response: {text: text}
"""
PERHAPS = """
speech2text:
  steps:
    upload:
      when: not file.url
      request: {path: /upload, raw: "{{ file.content }}"}
      save: {url: upload_url}
  request: {path: /transcribe, body: {url: "{{ file.url or steps.upload.url }}"}}
  response: {text: text}
"""
JOB = """
speech2text:
  steps:
    upload:
      request: {path: /upload, raw: "{{ file.content }}"}
      save: {url: upload_url}
  job:
    submit:
      request:
        path: /jobs
        body: {audio: "{{ steps.upload.url }}", $merge: [wire_parameters, extra_body]}
      save: {id: id}
    poll:
      request: {method: GET, path: "/jobs/{{ job.id }}"}
      every: {start: 1s, factor: 2, max: 4s}
      timeout: {default: 10s}
      status: {path: status, map: {queued: running, done: done, error: failed}}
      failure: {message: error_text, kind: invalid_request}
    cancel:
      request: {method: DELETE, path: "/jobs/{{ job.id }}"}
  response: {text: text}
"""
LINKED = """
speech2text:
  job:
    submit:
      request: {path: /jobs, raw: "{{ file.content }}"}
      save: {url: result_url}
    poll:
      request: {method: GET, url: "{{ job.url }}", same_origin_as: base_url}
      status: {path: status, map: {done: done, "*": running}}
      save: {found: transcript_url}
    fetch:
      request: {method: GET, url: "{{ job.found }}", same_origin_as: base_url}
  response: {text: text}
"""


@pytest.fixture
def service(open_service: Open) -> Any:
    """A service of jobs, whose waits take no time."""
    found = open_service(JOB)
    found.use_virtual_time()
    found.answer({"upload_url": "cdn://1"})
    return found


def test_later_request_reads_what_an_earlier_one_saved(open_service: Open) -> None:
    """An upload gives the address that the call then names."""
    service = open_service(UPLOAD)
    service.answer({"upload_url": "cdn://1"})
    service.answer({"text": "hello"})
    assert service.invoke("speech2text", b"audio").text == "hello"
    assert service.targets == ["POST /upload", "POST /transcribe"]
    assert service.body() == {"url": "cdn://1"}


def test_step_that_is_not_needed_is_left_out(open_service: Open) -> None:
    """`when` decides in each call; later templates find nothing saved."""
    service = open_service(PERHAPS)
    service.answer({"text": "hello"})
    service.invoke("speech2text", "https://files.example.com/a.mp3")
    assert service.targets == ["POST /transcribe"]
    assert service.body() == {"url": "https://files.example.com/a.mp3"}
    service.answer({"upload_url": "cdn://1"})
    service.answer({"text": "hello"})
    service.invoke("speech2text", b"audio")
    assert service.targets[1:] == ["POST /upload", "POST /transcribe"]
    assert service.body() == {"url": "cdn://1"}


STORED = """
speech2text:
  steps:
    upload: {auth: {kind: none}, request: {path: /store, raw: "{{ file.content }}"}}
  job:
    submit: {request: {path: /jobs, body: {name: a}}, save: {id: id}}
    poll:
      request: {method: GET, path: "/jobs/{{ job.id }}"}
      status: {path: status, map: {done: done}}
    fetch: {auth: {kind: none}, request: {method: GET, path: "/store/{{ job.id }}"}}
  response: {text: text}
"""


def test_store_of_files_gets_no_key(open_service: Open) -> None:
    """A step and a fetch may have an auth of their own; the requests between them keep theirs."""
    service = open_service(STORED)
    for reply in ({}, {"id": "1"}, {"status": "done"}, {"text": "hello"}):
        service.answer(reply)
    assert service.invoke("speech2text", b"audio").text == "hello"
    has_key = {r.target: "authorization" in r.headers for r in service.loopback.requests}
    assert has_key == {"/store": False, "/jobs": True, "/jobs/1": True, "/store/1": False}


def test_step_without_its_value_ends_the_call(open_service: Open) -> None:
    """The message names what is missing."""
    service = open_service(UPLOAD)
    service.answer({"id": 1})
    with pytest.raises(ReplyError, match="no 'url' to go on with"):
        service.invoke("speech2text", b"audio")
    assert service.targets == ["POST /upload"]


def test_job_is_asked_after_until_it_is_done(service: Any) -> None:
    """Waits grow by the factor up to the longest; a call's own settings go with the submission."""
    service.answer({"id": "j/1"})
    for status in ["queued", "queued", "queued"]:
        service.answer({"status": status})
    service.answer({"status": "done", "text": "hello"})
    extras = {"extra_body": {"model": "best"}, "extra_headers": {"x-trace": "7"}}
    assert service.invoke("speech2text", b"audio", **extras).text == "hello"
    assert service.targets == ["POST /upload", "POST /jobs", *["GET /jobs/j%2F1"] * 4]
    assert service.time.naps == [1.0, 2.0, 4.0]
    assert service.body(1) == {"audio": "cdn://1", "model": "best"}
    assert [request.headers.get("x-trace") for request in service.loopback.requests[:3]] == [
        None,
        "7",
        None,
    ]


def test_failed_job_tells_the_service_s_message(service: Any) -> None:
    """With the kind that the spec gives it."""
    service.answer({"id": "1"})
    service.answer({"status": "error", "error_text": "bad audio"})
    with pytest.raises(ProviderError, match="The job failed: bad audio") as caught:
        service.invoke("speech2text", b"audio")
    assert caught.value.kind == "invalid_request"
    assert service.targets[-1] == "GET /jobs/1"


def test_unknown_status_counts_as_running_and_is_told_once(service: Any) -> None:
    """A new word of a service must not break old specs."""
    service.answer({"id": "1"})
    service.answer({"status": "warming"})
    service.answer({"status": "warming"})
    service.answer({"status": "done", "text": "hello"})
    result = service.invoke("speech2text", b"audio")
    assert result.text == "hello"
    assert result.warnings == ("The job has the unknown status 'warming'; it counts as running.",)


@pytest.mark.parametrize("status", [200, 404], ids=["cancelled", "gone"])
def test_job_that_takes_too_long_is_cancelled(service: Any, status: int) -> None:
    """The caller hears of the time, whatever comes of the cancellation."""
    service.answer({"id": "1"})
    for _ in range(4):
        service.answer({"status": "queued"})
    service.answer({"error": {"message": "no such job"}} if status == 404 else {}, status=status)
    with pytest.raises(TimedOut, match="not done after 10 s"):
        service.invoke("speech2text", b"audio")
    assert service.targets[-1] == "DELETE /jobs/1"
    assert sum(service.time.naps) <= 10


def test_caller_s_own_total_ends_a_job_earlier(service: Any) -> None:
    """And what is left of it is used to cancel."""
    service.answer({"id": "1"})
    for _ in range(2):
        service.answer({"status": "queued"})
    service.answer({})
    with pytest.raises(TimedOut):
        service.invoke("speech2text", b"audio", timeout=2.5)
    assert service.targets[-1] == "DELETE /jobs/1"
    assert service.time.naps == [1.0]


def test_result_is_fetched_where_the_job_says(open_service: Open) -> None:
    """Addresses of the service itself are followed with its credentials."""
    service = open_service(LINKED)
    service.answer({"result_url": f"{service.url}/jobs/1"})
    service.answer({"status": "done", "transcript_url": "/results/1"})
    service.answer({"text": "hello"})
    assert service.invoke("speech2text", b"audio").text == "hello"
    assert service.targets == ["POST /jobs", "GET /jobs/1", "GET /results/1"]
    assert all("authorization" in request.headers for request in service.loopback.requests)


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest",
        "https://evil.example/jobs/1",
        "http://127.0.0.1:1/jobs/1",
        "http://127.0.0.1@evil.example/",
        "file:///etc/passwd",
    ],
)
@pytest.mark.parametrize("is_fetch", [False, True], ids=["poll", "fetch"])
def test_address_of_another_origin_is_refused(open_service: Open, url: str, is_fetch: bool) -> None:
    """A reply must not make us carry the key elsewhere, nor reach into a network."""
    service = open_service(LINKED)
    service.answer({"result_url": f"{service.url}/jobs/1" if is_fetch else url})
    service.answer({"status": "done", "transcript_url": url})
    with pytest.raises(HostRefused):
        service.invoke("speech2text", b"audio")
    assert len(service.targets) == (2 if is_fetch else 1)


def test_address_without_a_scheme_is_refused(open_service: Open) -> None:
    """Two slashes begin the name of another host, and are no path at the service."""
    service = open_service(LINKED)
    service.answer({"result_url": "//evil.example/x"})
    with pytest.raises(HostRefused, match="must begin with https"):
        service.invoke("speech2text", b"audio")
    assert service.targets == ["POST /jobs"]


def test_poll_that_is_no_json_is_a_reply_error(service: Any) -> None:
    """Not a job that runs for ever."""
    service.answer({"id": "1"})
    service.answer(b"<html>busy</html>")
    with pytest.raises(ReplyError, match="not JSON: it begins '<html>"):
        service.invoke("speech2text", b"audio")
