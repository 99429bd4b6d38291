"""The value of what the caller did not set: Absent in, absent out."""

from __future__ import annotations

from typing import Final, final


@final
class AbsentType:
    """The type of `Absent`, the one value that removes its key or list item from a request.

    It is false in conditions and has no text: printing it is a fault of the template, which the
    engine reports. `None` is a value of its own and becomes JSON's null.
    """

    __slots__ = ()

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "Absent"

    def __reduce__(self) -> str:
        return "Absent"


Absent: Final = AbsentType()
