"""Every error that the library raises.

ModelRuntimeError
  SpecError              a spec cannot be used; .findings tells every fault with its place
  UnknownProvider        no provider of that name
  UnknownModel           no model of that name and type
  UnsupportedOperation   the provider has no operation of that model type
  MissingCredential      a required credential was neither passed nor set in the environment
  InvalidParameter       an argument or parameter that the model does not take, or out of range
  CredentialsInvalid     the credential form refused a value, or the service did
  MissingExtra           an optional dependency is not installed
  InvokeError            a call failed; .provider .model .operation .request, .partial of a stream
    ConnectionFailed     no connection, or it broke
    TimedOut             connect, first byte, between chunks or total
    HostRefused          an address that a spec or a server must not make us reach
    LimitExceeded        a reply larger than the engine accepts
    ReplyError           a reply that could not be read: which extractor, what shape was found
    StreamInterrupted    a stream that ended before its end; .partial holds what had arrived
    ProviderError        the service answered with an error; .kind .status .message .body ...
      AuthorizationError RateLimitError BadRequestError ServerUnavailableError
      ContextLengthError ContentFilterError NotFoundError

The form of a message is: where, what is wrong with the value, what was expected, what to do.
Every part is also an attribute; `str(error)` only renders them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .sentences import visible
from .vocabulary import ErrorKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .findings import Finding


class ModelRuntimeError(Exception):
    """Base of every error of this library.

    Errors cross processes: all can be pickled.
    """

    def __reduce__(self) -> tuple[object, ...]:
        # The usual way would call __init__, whose keyword arguments are not in `args`.
        return _without_init, (type(self), self.args), self.__dict__


def _without_init(kind: type[ModelRuntimeError], args: tuple[object, ...]) -> ModelRuntimeError:
    return kind.__new__(kind, *args)


class SpecError(ModelRuntimeError):
    """A spec cannot be used. `findings` holds every fault, sorted by place."""

    def __init__(self, what: str, findings: Sequence[Finding]) -> None:
        self.what = what
        self.findings = tuple(findings)
        count = f"{len(self.findings)} faults" if len(self.findings) != 1 else "1 fault"
        lines = [f"{what}: {count}", *(f"  {finding}" for finding in self.findings)]
        super().__init__("\n".join(lines))


class UnknownProvider(ModelRuntimeError):
    """No provider of that name; the message offers a close match."""


class UnknownModel(ModelRuntimeError):
    """No model of that name and type at the provider."""


class UnsupportedOperation(ModelRuntimeError):
    """The provider's spec has no operation for what was asked."""


class MissingCredential(ModelRuntimeError):
    """A required credential was neither passed nor found in the environment."""


class InvalidParameter(ModelRuntimeError):
    """An argument or parameter that this model does not take, or that is out of range."""


class CredentialsInvalid(ModelRuntimeError):
    """A credential form refused a value, or the service refused the credentials."""


class MissingExtra(ModelRuntimeError):
    """An optional dependency is needed and not installed."""

    def __init__(self, extra: str, needed_for: str) -> None:
        self.extra = extra
        super().__init__(
            f"{needed_for} needs the extra {extra!r}. "
            f"Install it with: pip install 'model-runtime[{extra}]'"
        )


class InvokeError(ModelRuntimeError):
    """A call of a model failed.

    `provider`, `model` and `operation` are filled in by the handle on the way out, since the
    layers that notice a fault do not know them; `request`, the method and URL without its query,
    by the flow that sent it. Of a stream that had begun, `partial` is the result of what had
    arrived.
    """

    provider: str | None = None
    model: str | None = None
    operation: str | None = None
    request: str | None = None
    partial: object = None

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    @property
    def is_retryable(self) -> bool:
        """Whether the same call may succeed when it is sent again."""
        return False

    def locate(self, provider: str, model: str, operation: str) -> None:
        """Say which call failed, unless an inner layer has already said it."""
        if self.provider is None:
            self.provider, self.model, self.operation = provider, model, operation

    def name_request(self, shown: str) -> None:
        """Say which request failed, unless an inner layer has already said it."""
        if self.request is None:
            self.request = shown

    def describe(self) -> str:
        """The message without the name of the call."""
        return self._said() if self.request is None else f"{self.request}: {self._said()}"

    def _said(self) -> str:
        """What is wrong, without where."""
        return self.message

    def __str__(self) -> str:
        told = self.describe()
        if self.provider is not None:
            told = f"{self.provider}/{self.model} {self.operation}: {told}"
        # A service's own words may hold what drives the terminal that shows them.
        return visible(told, keep="\n\t")


class ConnectionFailed(InvokeError):
    """The service could not be reached, or the connection broke."""

    kind: ErrorKind = "connection"

    @property
    def is_retryable(self) -> bool:
        return True


class TimedOut(InvokeError):
    """A timeout passed. `phase` is connect, first_byte, between_chunks or total."""

    kind: ErrorKind = "timeout"

    def __init__(self, message: str, *, phase: str = "total") -> None:
        super().__init__(message)
        self.phase = phase

    @property
    def is_retryable(self) -> bool:
        return self.phase != "total"


class HostRefused(InvokeError):
    """A URL names a host or address that this spec or reply must not make us reach."""


class LimitExceeded(InvokeError):
    """A reply went over a limit of the engine (size, events, depth)."""


class ReplyError(InvokeError):
    """A reply could not be read: the message names the extractor and the shape it met."""


class StreamInterrupted(InvokeError):
    """A stream ended before its end. `partial` is the result of what had arrived."""

    def __init__(self, message: str, *, partial: object = None) -> None:
        super().__init__(message)
        self.partial = partial


class ProviderError(InvokeError):
    """The service answered with an error, as a status or inside a reply of status 200.

    `retryable` is what the spec says of it; None leaves that to the kind.
    """

    def __init__(
        self,
        message: str,
        *,
        kind: ErrorKind,
        status: int | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        body: object = None,
        retryable: bool | None = None,
    ) -> None:
        super().__init__(message)
        self.kind: ErrorKind = kind
        self.status = status
        self.request_id = request_id
        self.retry_after = retry_after
        self.body = body
        self.retryable = retryable

    @property
    def is_retryable(self) -> bool:
        return self.kind in RETRYABLE_KINDS if self.retryable is None else self.retryable

    def _said(self) -> str:
        status = f"HTTP {self.status}, " if self.status is not None else ""
        tail = f" Retry after {self.retry_after:g} s" if self.retry_after is not None else ""
        request = f" (request id {self.request_id})" if self.request_id else ""
        end = "." if tail or request else ""
        return f'{status}{self.kind}: "{self.message}".{tail}{request}{end}'


class AuthorizationError(ProviderError):
    """The credentials were refused, or do not allow this."""


class RateLimitError(ProviderError):
    """Too many requests, or no quota left (kind `quota`, not retryable)."""


class BadRequestError(ProviderError):
    """The service refuses the request as it is."""


class ServerUnavailableError(ProviderError):
    """The service is overloaded or broken."""


class ContextLengthError(ProviderError):
    """The messages are longer than the model's context."""


class ContentFilterError(ProviderError):
    """The service refused the content."""


class NotFoundError(ProviderError):
    """The service does not know the model or path."""


RETRYABLE_KINDS: Final[frozenset[ErrorKind]] = frozenset(
    {"rate_limit", "overloaded", "server", "timeout", "connection"}
)

PROVIDER_ERRORS: Final[dict[ErrorKind, type[ProviderError]]] = {
    "auth": AuthorizationError,
    "permission": AuthorizationError,
    "quota": RateLimitError,
    "rate_limit": RateLimitError,
    "context_length": ContextLengthError,
    "content_filter": ContentFilterError,
    "not_found": NotFoundError,
    "invalid_request": BadRequestError,
    "overloaded": ServerUnavailableError,
    "server": ServerUnavailableError,
    "timeout": ServerUnavailableError,
    "connection": ServerUnavailableError,
}
