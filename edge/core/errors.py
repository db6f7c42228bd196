"""Exceptions: what went wrong in the world; refusals of the rules are values, never exceptions."""

from enum import StrEnum


class Retry(StrEnum):
    """Whether trying again can help."""

    NEVER = "never"
    LATER = "later"
    HUMAN = "human"


class EdgeError(Exception):
    """Root of all errors: a stable `code`, the key of its screen text, and the facts."""

    retry: Retry = Retry.NEVER

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts

    def __str__(self) -> str:
        """Code and facts on one line, for logs and terminals."""
        return " ".join([self.code, *(f"{key}={value}" for key, value in self.facts.items())])


class DecodeError(EdgeError):
    """Bytes of others that do not follow their format."""


class ConfigError(EdgeError):
    """A setting that a human must mend before the process starts."""

    retry = Retry.HUMAN


class DeviceError(EdgeError):
    """A device that does not answer."""

    retry = Retry.LATER


class DeviceGone(DeviceError):
    """The device was unplugged or never there."""


class DeviceBusy(DeviceError):
    """Another process holds the device."""


class DeviceDenied(DeviceError):
    """The operating system refuses access to the device."""

    retry = Retry.HUMAN


class StorageError(EdgeError):
    """A store that could not keep what it was given: nothing of the step was kept."""

    retry = Retry.LATER


class StorageFull(StorageError):
    """No room left on the disk."""


class StorageCorrupt(StorageError):
    """Stored bytes are not what was stored."""

    retry = Retry.HUMAN


class LinkError(EdgeError):
    """The way to the broker."""

    retry = Retry.LATER


class LinkDown(LinkError):
    """No connection now."""


class LinkRejected(LinkError):
    """The broker or the platform refuses this station."""

    retry = Retry.HUMAN


class BrokenInvariant(EdgeError):
    """A defect of ours: a promise of the code does not hold."""
