"""The error tree: what went wrong, and the exit code that says so.

Every error that a user can meet derives from `RecliError`, whose message says what and where, and
whose hint says what would mend it. Nothing here prints or exits: `recli.cli` does, in one place.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the process says to its caller; the README's table holds the same meanings."""

    OK = 0
    FAULT = 1
    USAGE = 2
    PARTIAL = 3
    REFUSED = 4
    FAILED = 5
    INTERRUPTED = 130
    TERMINATED = 143


class RecliError(Exception):
    """Say what is wrong and where; `hint` says what would mend it."""

    exit_code: ExitCode = ExitCode.FAULT

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(RecliError):
    """A command line that can't be carried out; nothing was sent."""

    exit_code = ExitCode.USAGE


class ConfigError(UsageError):
    """A configuration that can't be used; the message names file, profile and key."""


class OutputError(RecliError):
    """Rows or audio that could not be written where they were wanted."""

    exit_code = ExitCode.PARTIAL


class PartialError(RecliError):
    """Some of what was asked for was delivered and some is missing."""

    exit_code = ExitCode.PARTIAL


class ProviderError(RecliError):
    """A provider or the network failed: an answer that can't be used, or none at all."""

    exit_code = ExitCode.FAILED

    def __init__(self, provider: str, message: str, *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.provider = provider


class Refused(ProviderError):
    """The provider refused the credentials; it must not be asked again with the same ones."""

    exit_code = ExitCode.REFUSED


class Denied(ProviderError):
    """The credentials are right and may not do this: a missing privilege or a closed interface."""

    exit_code = ExitCode.REFUSED


class Gone(ProviderError):
    """What was asked for is not there (any more): deleted, expired, or never existed."""


class NotReady(ProviderError):
    """Audio that the provider has not finished storing; a later run may get it."""


class TokenDead(ProviderError):
    """An access token has expired or was revoked; a new one may be fetched once."""


class TooLarge(ProviderError):
    """An answer larger than `max_response_mb`; smaller windows may fit."""


class Transient(ProviderError):
    """A failure that may pass: asking again is right.

    `wait_s` is how long the provider asked to be left alone and `reset_at_s` until when, in
    seconds after 1970; None where it did not say. `busy`
    says that the provider is overloaded or its limit was met, so that everybody slows down.
    `timed_out` says that no answer came in time, so that a smaller question may be answered.
    """

    def __init__(  # noqa: PLR0913  # what an answer may tell of the next try, by name
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


class Unsettled(PartialError):
    """A window whose rows can't be shown complete after several walks."""
