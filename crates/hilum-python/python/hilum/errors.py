"""What can go wrong, and whose it is to mend."""

from __future__ import annotations


class HilumError(Exception):
    """An error of hilum, with what it advises.

    Attributes:
        message: what is wrong, in one line.
        hints: what to do about it.
    """

    def __init__(self, message: str, hints: list[str] | tuple[str, ...] = ()) -> None:
        self.message = message
        self.hints = list(hints)
        super().__init__("\n".join([message, *(f"hint: {hint}" for hint in self.hints)]))

    def __reduce__(self):
        return type(self), (self.message, self.hints)


class InputError(HilumError, ValueError):
    """Arguments, files or data that cannot be used: the caller can mend it."""


class FailureError(HilumError, RuntimeError):
    """A disk, a device, the network or a computation failed."""


class HilumWarning(UserWarning):
    """Something that takes worth from a result."""
