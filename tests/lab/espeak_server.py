"""A server that speaks with Debian's espeak-ng, in the shape of OpenAI's `/v1/audio/speech`.

It listens on a free port of this machine, whose address it writes first. Like a hosted service it
takes a text of limited length, sends the speech in chunks while it is still being made, and
refuses what it does not know as an error in JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

LONGEST: Final = 120
VOICES: Final = ("en-us", "en-gb")
MEDIA_TYPES: Final = {"wav": "audio/wav", "pcm": "audio/pcm"}
# espeak-ng puts the plain RIFF header of 16-bit mono PCM before its samples.
WAV_HEADER: Final = 44


class Refused(Exception):
    """What was asked for cannot be done; the argument tells why."""


class Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Speak a text, or tell why not."""
        wanted = json.loads(self.rfile.read(int(self.headers["content-length"])))
        try:
            if self.path != "/v1/audio/speech":
                raise Refused(f"unknown path {self.path}")
            media_type = check(wanted)
        except Refused as refusal:
            self.refuse(str(refusal))
        else:
            self.speak(wanted, media_type)

    def speak(self, wanted: dict[str, Any], media_type: str) -> None:
        """Send the speech as espeak-ng makes it."""
        self.send_response(200)
        self.send_header("content-type", media_type)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        speed = str(round(140 * float(wanted.get("speed", 1))))
        command = ["espeak-ng", "-s", speed, "-v", wanted["voice"], "--stdin", "--stdout"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
            assert program.stdin is not None and program.stdout is not None
            program.stdin.write(wanted["input"].encode())
            program.stdin.close()
            if media_type == "audio/pcm":
                program.stdout.read(WAV_HEADER)
            while piece := program.stdout.read(8192):
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    def refuse(self, message: str) -> None:
        """Send an error as OpenAI words it."""
        error = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
        body = json.dumps({"error": error}).encode()
        self.send_response(400)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the tests' output clean."""


def check(wanted: dict[str, Any]) -> str:
    """Return the media type of the format asked for. Refused for what cannot be done."""
    length = len(wanted["input"])
    if length > LONGEST:
        raise Refused(f"input has {length} characters; the most is {LONGEST}")
    if wanted.get("voice") not in VOICES:
        raise Refused(f"unknown voice {wanted.get('voice')!r}")
    media_type = MEDIA_TYPES.get(wanted.get("response_format", "wav"))
    if media_type is None:
        raise Refused(f"unknown response_format {wanted['response_format']!r}")
    return media_type


def main() -> None:
    """Serve until the process is ended."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
