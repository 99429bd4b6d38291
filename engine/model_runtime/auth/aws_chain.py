"""Finds AWS keys on this machine as botocore does: profiles, web identity, container, instance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from model_runtime.errors import MissingCredential, MissingExtra
from model_runtime.secrets import Secret, reveal


@dataclass(frozen=True, slots=True)
class AwsKeys:
    """Keys that were found, as they are at the moment."""

    access_key: str
    secret_key: Secret
    session_token: Secret | None

    def texts(self) -> dict[str, str | None]:
        """The keys by the names that the options of the auth have."""
        token = reveal(self.session_token)
        return {
            "access_key": self.access_key,
            "secret_key": str(reveal(self.secret_key)),
            "session_token": None if token is None else str(token),
        }

    def secrets(self) -> list[Secret]:
        """What no text may show."""
        return [secret for secret in (self.secret_key, self.session_token) if secret is not None]


class AwsChain:
    """Searches once for each profile; botocore renews what expires."""

    __slots__ = ("_found",)

    def __init__(self) -> None:
        self._found: dict[str | None, Any] = {}

    def find(self, profile: str | None) -> AwsKeys:
        """Return the keys of a profile, or of the first place that has some. It may take a second,
        and ask the instance or a sign-in service.

        Raises MissingCredential when there are none, and MissingExtra without botocore.
        """
        try:
            from botocore.exceptions import BotoCoreError
            from botocore.session import Session
        except ImportError:
            raise MissingExtra("aws", "The auth kind 'aws_sigv4'") from None
        try:
            if profile not in self._found:
                self._found[profile] = Session(profile=profile).get_credentials()
            credentials = self._found[profile]
            frozen = credentials.get_frozen_credentials() if credentials is not None else None
        except BotoCoreError as error:
            raise MissingCredential(f"auth.chain: AWS keys cannot be had: {error}") from None
        if frozen is None or not frozen.access_key:
            self._found.pop(profile, None)
            raise MissingCredential(
                "auth.chain: no AWS keys were passed, and none are in the environment, a profile, "
                "the container or the instance. Pass them, or sign in with AWS's own tools."
            )
        token = Secret(frozen.token) if frozen.token else None
        return AwsKeys(frozen.access_key, Secret(frozen.secret_key), token)
