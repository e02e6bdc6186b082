"""Notices for whoever watches the runs: a ping to an address, and a file of metrics.

The address of a ping is a secret: who knows it can report success. So it may be kept elsewhere, as
secrets of the configuration are, and no message holds more of it than the host.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

from recli.cli.context import CommandContext
from recli.cli.options import LoggingOptions
from recli.config.profile import ConfigLocation, SecretRef, SecretSource
from recli.engine.report import RunReport
from recli.errors import ExitCode, RecliError, UsageError
from recli.files import check_target, replace_file

_TIMEOUT_S = 5.0
_LIMIT_S = 10.0
"""How long a ping may take in all, the search for the host's address included."""
_SIGNAL_TIMEOUT_S = 1.0
"""The same after a signal: the process has few seconds left."""
_SECRET_LENGTH = 12
"""Characters from which on a part of an address is taken for a secret."""
_READABLE = 0o644
"""The mode of the metrics: node_exporter runs as another user."""
_MOST_BYTES = 10_000_000


@dataclass(frozen=True, slots=True)
class PingAddresses:
    """Where to report a run's success and failure; None where nowhere."""

    success: str | None
    failure: str | None


@contextmanager
def pinging(context: CommandContext, options: LoggingOptions, report: RunReport) -> Iterator[None]:
    """Check the addresses, and send a ping however the block ends: last of all.

    A ping that fails is a warning; the exit code stays what it is.
    """
    addresses = _ping_addresses(context, options)
    try:
        yield
    finally:
        is_well = report.exit_code is ExitCode.OK
        address = addresses.success if is_well else addresses.failure
        if address is not None:
            stopped = {ExitCode.INTERRUPTED, ExitCode.TERMINATED}
            limit_s = _SIGNAL_TIMEOUT_S if report.exit_code in stopped else _LIMIT_S
            problem = _send(address, limit_s)
            if problem is not None:
                context.console.warn(f"the ping to {urlsplit(address).hostname} failed: {problem}")


def _ping_addresses(context: CommandContext, options: LoggingOptions) -> PingAddresses:
    success = _address(context, "--ping", options.ping)
    failure = _address(context, "--ping-fail", options.ping_fail)
    if failure is None and success is not None:
        parts = urlsplit(success)
        failure = parts._replace(path=f"{parts.path.rstrip('/')}/fail").geturl()
    return PingAddresses(success, failure)


def _address(context: CommandContext, option: str, text: str | None) -> str | None:
    """Return the address that an option gives, or names the place of; messages will hide it."""
    if text is None:
        return None
    source, colon, target = text.partition(":")
    if colon and source in {*SecretSource}:
        from recli.config.secrets import fetch_secret, run_command

        text = fetch_secret(
            SecretRef(SecretSource(source), target),
            ConfigLocation(option),
            environ=context.environment.environ,
            run=run_command,
            folder=Path.cwd(),
        ).strip()
    for part in re.split(r"[/?&=]", text.partition("://")[2].partition("/")[2]):
        if len(part) >= _SECRET_LENGTH:
            context.console.redact.add(part)
    try:
        parts = urlsplit(text)
        is_usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable or "@" in parts.netloc or re.search(r"[^!-~]", text):
        raise UsageError(
            f"{option} wants an address that begins with https:// or http://",
            hint=f"{option} https://hc-ping.com/YOUR-ID, or where it is kept: {option} env:NAME",
        )
    return parts._replace(fragment="").geturl()


def _send(address: str, limit_s: float) -> str | None:
    """Send a GET request, and return what went wrong, if something did.

    In a thread of its own, because the search for a host's address knows no time-out.
    """
    outcome: list[str | None] = []
    thread = Thread(target=lambda: outcome.append(_failure(address, limit_s)), daemon=True)
    thread.start()
    thread.join(limit_s)
    return outcome[0] if outcome else f"it did not end within {limit_s:g} s"


def _failure(address: str, limit_s: float) -> str | None:
    from recli.transport.http_client import HttpClient
    from recli.transport.settings import Settings
    from recli.wire import Request

    settings = Settings(timeout_s=min(_TIMEOUT_S, limit_s), max_response_mb=1)
    client = HttpClient("ping", settings, connections=1)
    try:
        with client.stream(Request(address, accept="*/*"), address, None, {}) as response:
            return None if 200 <= response.status < 300 else f"HTTP {response.status}"
    except RecliError as error:
        return error.message
    except Exception as error:  # noqa: BLE001  # whatever it is, it is no fault of the run
        return type(error).__name__
    finally:
        client.close()


@contextmanager
def writing_metrics(
    context: CommandContext, path: Path | None, report: RunReport
) -> Iterator[None]:
    """Check the file, and write a run's metrics however the block ends: whole or not at all."""
    if path is None:
        yield
        return
    check_target(path, overwrite=True)
    try:
        yield
    except RecliError as error:
        report.exit_code = error.exit_code  # also of an error before the run began
        raise
    finally:
        from recli.engine.metrics import last_successes, metrics_text

        before = last_successes(_text_before(path))
        text = metrics_text(report, ended_at=context.environment.now(), before=before)
        try:
            with replace_file(path, overwrite=True, mode=_READABLE) as file:
                file.write(text.encode())
        except RecliError as error:
            context.console.error(error, "the metrics")


def _text_before(path: Path) -> str:
    """Return what the run before wrote; empty if there is nothing, or nothing that can be read."""
    try:
        if path.is_file() and path.stat().st_size <= _MOST_BYTES:
            return path.read_text("utf-8", "replace")
    except OSError:
        pass
    return ""
