"""A folder in which one file has another text: what an editor holds and has not saved."""

from __future__ import annotations

import io
from collections.abc import Iterator
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import IO, Any


class EditedFolder(Traversable):
    """A folder on disk, with the text of one of its files replaced or added."""

    def __init__(self, path: Path, file: str, text: bytes) -> None:
        self._path = path
        self._file = EditedFile(file, text)

    @property
    def name(self) -> str:
        return self._path.resolve().name

    def __str__(self) -> str:
        return str(self._path)

    def iterdir(self) -> Iterator[Traversable]:
        there = self._path.iterdir() if self._path.is_dir() else iter(())
        yield from (entry for entry in there if entry.name != self._file.name)
        yield self._file

    def is_dir(self) -> bool:
        return True

    def is_file(self) -> bool:
        return False

    def joinpath(self, *descendants: Any) -> Traversable:
        if descendants == (self._file.name,):
            return self._file
        return self._path.joinpath(*descendants)

    def open(self, mode: Any = "r", *args: Any, **kwargs: Any) -> Any:
        raise IsADirectoryError(str(self._path))

    def read_bytes(self) -> bytes:
        raise IsADirectoryError(str(self._path))

    def read_text(self, encoding: str | None = None) -> str:
        raise IsADirectoryError(str(self._path))


class EditedFile(Traversable):
    """The file with the other text."""

    def __init__(self, name: str, text: bytes) -> None:
        self._name = name
        self._text = text

    @property
    def name(self) -> str:
        return self._name

    def iterdir(self) -> Iterator[Traversable]:
        raise NotADirectoryError(self._name)

    def is_dir(self) -> bool:
        return False

    def is_file(self) -> bool:
        return True

    def joinpath(self, *descendants: Any) -> Traversable:
        raise NotADirectoryError(self._name)

    def open(self, mode: Any = "r", *args: Any, **kwargs: Any) -> IO[Any]:
        data = io.BytesIO(self._text)
        return data if "b" in mode else io.TextIOWrapper(data, encoding="utf-8")

    def read_bytes(self) -> bytes:
        return self._text

    def read_text(self, encoding: str | None = None) -> str:
        return self._text.decode(encoding or "utf-8")
