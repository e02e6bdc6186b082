"""The errors that users can meet, and the exit codes of the process.

All derive from `RecliError`: the message says what is wrong and where, the hint what to do about
it. Nothing here prints or exits; `recli.cli` does, in one place. All errors can be pickled.
"""

from __future__ import annotations

import copyreg
from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes of the process, as documented in the README."""

    OK = 0
    FAULT = 1
    USAGE = 2
    PARTIAL = 3
    REFUSED = 4
    FAILED = 5
    INTERRUPTED = 130
    TERMINATED = 143


class RecliError(Exception):
    """An error that is the user's to see; `hint` says what to do about it."""

    exit_code: ExitCode = ExitCode.FAULT

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[object, ...]:
        # Not by __init__, whose parameters differ between the subclasses.
        return copyreg.__newobj__, (type(self), *self.args), vars(self)  # type: ignore[attr-defined]  # unlisted in typeshed


class UsageError(RecliError):
    """An invalid command line; nothing was sent."""

    exit_code = ExitCode.USAGE


class ConfigError(UsageError):
    """An invalid configuration; the message names file, profile and key."""


class OutputError(RecliError):
    """Rows or audio could not be written."""

    exit_code = ExitCode.PARTIAL


class PartialError(RecliError):
    """Some of the requested rows or audio are missing."""

    exit_code = ExitCode.PARTIAL


class ProviderError(RecliError):
    """A provider or the network failed."""

    exit_code = ExitCode.FAILED

    def __init__(self, provider: str, message: str, *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.provider = provider


class Refused(ProviderError):
    """The provider refused the credentials; they must not be sent again in this run."""

    exit_code = ExitCode.REFUSED


class RefusedBefore(Refused):
    """The credentials were refused in an earlier run, so they were not sent in this one."""


class Denied(ProviderError):
    """The credentials are valid but lack a privilege."""

    exit_code = ExitCode.REFUSED


class Blocked(Denied):
    """The provider lets nobody in from this address: the credentials were not looked at."""


class Gone(ProviderError):
    """The requested object was deleted, has expired, or never existed."""


class NotReady(ProviderError):
    """The provider has not finished storing the audio; a later run may get it."""


class TokenExpired(ProviderError):
    """An access token has expired or was revoked; fetch a new one."""


class TooLarge(ProviderError):
    """A response is larger than the limit; one for a smaller window may fit."""


class Transient(ProviderError):
    """A failure that may pass, so that the request is retried.

    `wait_s` is how long the provider asked to wait, `reset_at_s` until when, in epoch seconds; None
    if it did not say. `busy`: the provider is overloaded or its rate limit exceeded, so that all
    requests slow down. `timed_out`: no response came in time; one for a smaller window may.
    """

    def __init__(  # noqa: PLR0913  # optional facts, by keyword
        self,
        provider: str,
        message: str,
        *,
        wait_s: float | None = None,
        reset_at_s: float | None = None,
        busy: bool = False,
        timed_out: bool = False,
        hint: str | None = None,
    ) -> None:
        super().__init__(provider, message, hint=hint)
        self.wait_s = wait_s
        self.reset_at_s = reset_at_s
        self.busy = busy
        self.timed_out = timed_out
