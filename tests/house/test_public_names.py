"""Guards of the door: what is public is listed, and sync and async do the same."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import types
from collections.abc import Iterator

import model_runtime

# The door keeps what design fixed; a name may be added here, never taken away.
PROMISED = frozenset(
    {
        "AsyncModelRuntime",
        "Audio",
        "AuthorizationError",
        "BadRequestError",
        "ConnectionFailed",
        "ContentFilterError",
        "ContextLengthError",
        "CredentialStore",
        "CredentialsInvalid",
        "Document",
        "HostRefused",
        "Image",
        "InvalidParameter",
        "InvokeError",
        "LimitExceeded",
        "Message",
        "MissingCredential",
        "MissingExtra",
        "ModelRuntime",
        "ModelRuntimeError",
        "NotFoundError",
        "ProviderError",
        "RateLimitError",
        "Reasoning",
        "ReplyError",
        "ServerUnavailableError",
        "SpecError",
        "StreamInterrupted",
        "Text",
        "TimedOut",
        "Tool",
        "ToolCall",
        "ToolResult",
        "UnknownModel",
        "UnknownProvider",
        "UnsupportedOperation",
        "Video",
    }
)
COROUTINES = ("invoke", "remote_models", "describe_model", "count_tokens", "voices", "close")
ROOMS_WITH_TWINS = ("model_runtime", "model_runtime.runtime")


def test_all_is_sorted_and_complete() -> None:
    """`__all__` names exactly what `from model_runtime import ...` gives, in order."""
    assert list(model_runtime.__all__) == sorted(model_runtime.__all__)
    strangers = {
        name
        for name, value in vars(model_runtime).items()
        if not name.startswith("_")
        and name != "annotations"
        and not isinstance(value, types.ModuleType)
    }
    listed = {name for name in model_runtime.__all__ if not name.startswith("_")}
    assert strangers <= listed, f"public but not in __all__: {sorted(strangers - listed)}"
    missing = [name for name in model_runtime.__all__ if not hasattr(model_runtime, name)]
    assert not missing, f"in __all__ but not importable: {missing}"


def test_promised_names_are_public() -> None:
    """The names that hosts rely on are all there."""
    assert sorted(PROMISED - set(model_runtime.__all__)) == []


def twins() -> list[tuple[type, type]]:
    """Return every pair of classes X and AsyncX that the library defines."""
    found: dict[str, tuple[type, type]] = {}
    for module in modules_with_twins():
        for name, value in sorted(vars(module).items()):
            plain = getattr(module, name.removeprefix("Async"), None)
            if not (isinstance(value, type) and isinstance(plain, type)):
                continue
            # What implements an interface of the HTTP library has that library's names.
            is_transport = any(base.__module__.startswith("httpx") for base in value.__mro__)
            if name.startswith("Async") and not is_transport:
                found[name] = (plain, value)
    return list(found.values())


def modules_with_twins() -> Iterator[types.ModuleType]:
    """Tell the modules in which twins are looked for."""
    for room in ROOMS_WITH_TWINS:
        package = importlib.import_module(room)
        yield package
        if room != "model_runtime":
            for entry in pkgutil.iter_modules(package.__path__, f"{room}."):
                yield importlib.import_module(entry.name)


def public_methods(owner: type) -> dict[str, inspect.Signature]:
    """Return the signatures of the public methods, inherited ones too."""
    return {
        name: inspect.signature(member)
        for name, member in inspect.getmembers(owner, inspect.isfunction)
        if not name.startswith("_")
    }


def plain_words(signature: inspect.Signature) -> str:
    """Return a signature as text, without what makes it sync or async."""
    return str(signature).replace("Async", "").replace("Sync", "")


def test_runtime_and_its_handles_have_twins() -> None:
    """The runtime, the six handles and the streams all come in both forms."""
    assert ("ModelRuntime", "AsyncModelRuntime") in [(a.__name__, b.__name__) for a, b in twins()]
    assert len(twins()) >= 8


def test_async_twins_have_the_same_methods() -> None:
    """Each public method has a twin of the same name with the same parameters and result."""
    faults = []
    for sync_class, async_class in twins():
        ours, theirs = public_methods(sync_class), public_methods(async_class)
        lost = sorted(ours.keys() ^ theirs.keys())
        faults += [f"{async_class.__name__}: only one twin has {name}" for name in lost]
        faults += [
            f"{async_class.__name__}.{name}{theirs[name]} differs from {ours[name]}"
            for name in sorted(ours.keys() & theirs.keys())
            if plain_words(ours[name]) != plain_words(theirs[name])
        ]
    assert not faults, "\n".join(faults)


def test_what_waits_is_a_coroutine() -> None:
    """Calls that reach a service are coroutines in the async form, and only there."""
    faults = []
    for sync_class, async_class in twins():
        for name in public_methods(async_class):
            if name not in COROUTINES and not name.startswith("validate_"):
                continue
            if not inspect.iscoroutinefunction(getattr(async_class, name)):
                faults.append(f"{async_class.__name__}.{name} must be a coroutine")
            if inspect.iscoroutinefunction(getattr(sync_class, name, None)):
                faults.append(f"{sync_class.__name__}.{name} must not be a coroutine")
    assert not faults, "\n".join(faults)
