"""`recli providers`: what each provider needs, what it can, and where its limits are.

With --check, the configured profiles are tried instead: `recli.cli.check`.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from textwrap import wrap
from typing import Annotated

import typer

from recli.cli import completion
from recli.cli.context import CommandContext
from recli.cli.options import ProfileOptions, takes
from recli.config.profile import Value
from recli.config.render import placeholder, render_profile
from recli.engine.result import Completeness
from recli.errors import ExitCode, UsageError
from recli.model import Direction, Filter, State
from recli.providers import provider_class
from recli.providers.base import Key, Provider
from recli.wire import Rate

_LABEL_CELLS = 10


def info_dict(name: str) -> dict[str, object]:
    """Return what a provider declares, as JSON can hold it."""
    cls = provider_class(name)
    return {
        "name": cls.name,
        "title": cls.title,
        "aliases": list(cls.aliases),
        "docs_url": cls.docs_url,
        "keys": [_key(key) for key in cls.keys()],  # noqa: SIM118  # a method, no dict's
        "filters": {
            "server": _in_order(cls.filters),
            "recli": _in_order(frozenset(Filter) - cls.filters - cls.unreported_fields),
            "never": _in_order(cls.unreported_fields),
        },
        "directions": [each.value for each in Direction if each in cls.directions],
        "states": [each.value for each in State if each in cls.states],
        "limit": _rate(cls.rate),
        "audio": cls.audio,
        "audio_limit": None if cls.audio_rate is None else _rate(cls.audio_rate),
        "complete": (Completeness.PROVEN if cls.reports_totals else Completeness.ENDED).value,
        "notes": list(cls.notes),
        "profile": ready_profile(name),
    }


def ready_profile(name: str) -> str:
    """Return a profile to paste into a configuration, with what each key means."""
    return render_profile(name, name, _examples(name))


def info_row(name: str) -> tuple[str, ...]:
    """Return a provider's line in the table of all: name, needs, filters, limit, audio, proof."""
    cls = provider_class(name)
    needs = [f"{key.name}*" if key.secret else key.name for key in cls.keys() if key.required]  # noqa: SIM118  # the same
    names = " or ".join((cls.name, *cls.aliases))
    filters = ", ".join(_in_order(cls.filters)) or "none"
    proof = "proven" if cls.reports_totals else "as told"
    return names, ", ".join(needs), filters, _limit(cls.rate), "yes" if cls.audio else "no", proof


def info_text(name: str, width: int, place: str) -> str:
    """Return everything about one provider as text; `place` is where its profile would go."""
    cls = provider_class(name)
    also = f", also called {', '.join(cls.aliases)}" if cls.aliases else ""
    parts = [f"{cls.title} ({cls.name}{also})", cls.docs_url, ""]
    for label, text in _lines(cls):
        parts += wrap(
            text,
            max(width, 40),
            initial_indent=f"{label:<{_LABEL_CELLS}}",
            subsequent_indent=" " * _LABEL_CELLS,
            break_long_words=False,
            break_on_hyphens=False,
        )
    parts += ["", f"A profile for {place}:", "", ready_profile(name)]
    return "\n".join(parts)


def _lines(cls: type[Provider]) -> Iterator[tuple[str, str]]:
    server, never = _in_order(cls.filters), _in_order(cls.unreported_fields)
    yield "filters", f"by its server: {', '.join(server) or 'none'}; all others by recli"
    if never:
        yield "", f"it never tells, so that nothing can match: {', '.join(never)}"
    if cls.directions != frozenset(Direction):
        yield "", f"directions: {', '.join(each for each in Direction if each in cls.directions)}"
    yield "", f"states: {', '.join(each for each in State if each in cls.states)}"
    yield "limit", _limit(cls.rate)
    if cls.audio and cls.audio_rate is not None:
        yield "", f"audio: {_limit(cls.audio_rate)}"
    yield "audio", "yes" if cls.audio else "no"
    yield "complete", _PROOF[cls.reports_totals]
    for note in cls.notes:
        yield "note", note


_PROOF: Mapping[bool, str] = {
    True: "proven: it tells how many there are, and recli counts",
    False: "as told: it tells no totals, so that only the end of the listing can be checked",
}


def _key(key: Key) -> dict[str, object]:
    return {
        "name": key.name,
        "about": key.about,
        "secret": key.secret,
        "required": key.required,
        "default": key.default if isinstance(key.default, str | int | float | bool) else None,
        "env": key.env,
    }


def _rate(rate: Rate) -> dict[str, object]:
    return {"requests": rate.requests or None, "per_s": rate.per_s, "parallel": rate.parallel}


def _limit(rate: Rate) -> str:
    at_once = f"{rate.parallel} at a time"
    if not rate.requests:
        return f"none documented; {at_once}"
    per = "second" if rate.per_s == 1 else f"{rate.per_s:g} s"
    return f"{rate.requests} per {per}; {at_once}"


def _in_order(filters: frozenset[Filter]) -> list[str]:
    return [each.value for each in Filter if each in filters]


def _examples(name: str) -> dict[str, Value]:
    return {
        key.name: placeholder(key, name)
        for key in provider_class(name).keys()  # noqa: SIM118  # a method, no dict's
        if key.required or key.example
    }


_HEADINGS = ("provider", "needs", "its server filters", "limit", "audio", "complete")


class ProvidersFormat(StrEnum):
    """How what is known of providers is shown."""

    TABLE = "table"
    JSON = "json"


_Name = Annotated[
    str | None,
    typer.Argument(
        metavar="NAME", help="One provider, in detail.", autocompletion=completion.providers
    ),
]
_Format = Annotated[
    ProvidersFormat,
    typer.Option("--format", "-f", metavar="FORMAT", help="table or json.", case_sensitive=False),
]
_Check = Annotated[
    bool,
    typer.Option(
        "--check",
        help="Try the configured profiles, all or the chosen ones, with one request each.",
    ),
]


@takes
def providers_command(
    context: CommandContext,
    *,
    name: _Name = None,
    check: _Check = False,
    form: _Format = ProvidersFormat.TABLE,
    whose: ProfileOptions,
) -> ExitCode:
    """Show what each provider needs and can, and its limits.

    With a NAME, show one provider in detail, with a profile that is ready to paste. With --check,
    try profiles: exit code 0 if all can be used, 3 if some can, 4 if none can and credentials were
    refused.
    """
    if check:
        from recli.cli.check import check_profiles

        if name is not None:
            whose = replace(whose, provider=[*(whose.provider or ()), name])
        return check_profiles(context, whose, as_document=form is ProvidersFormat.JSON)
    if whose != ProfileOptions():
        raise UsageError("choosing profiles is for --check", hint="recli providers --check")
    from recli.config.load import config_path
    from recli.config.select import resolve_provider
    from recli.output.streams import write_text
    from recli.providers import names
    from recli.text import escape_control

    chosen = names() if name is None else (resolve_provider(name),)
    stream = context.out
    if form is ProvidersFormat.JSON:
        facts = [info_dict(each) for each in chosen]
        told: object = facts if name is None else facts[0]
        write_text(stream, json.dumps(told, indent=2, ensure_ascii=False) + "\n")
    elif name is None:
        write_text(stream, _table(context, chosen))
    else:
        place = escape_control(str(config_path(None, context.environment.environ)))
        write_text(stream, info_text(chosen[0], context.environment.width(), place))
    stream.flush()
    return ExitCode.OK


def _table(context: CommandContext, chosen: Sequence[str]) -> str:
    from io import StringIO

    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 1, 0), header_style="")
    for heading in _HEADINGS:
        table.add_column(heading, overflow="fold")
    for each in chosen:
        table.add_row(*info_row(each))
    text = StringIO()
    console = Console(file=text, width=context.environment.width(), no_color=True, highlight=False)
    console.print(table)
    lines = [line.rstrip() for line in text.getvalue().splitlines()]
    more = "* secret. `recli providers NAME` tells more, with a profile to paste."
    return "\n".join([*lines, *([] if lines[-1] == "" else [""]), more, ""])
