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
from recli.cli.command import takes
from recli.cli.context import CommandContext
from recli.cli.options import ProfileOptions
from recli.engine.result import Completeness
from recli.errors import ExitCode, UsageError
from recli.model import Direction, Filter, State
from recli.providers import provider_class
from recli.providers.base import Key, Provider
from recli.providers.params import names_of
from recli.wire import Rate

_LABEL_CELLS = 10
_HEADINGS = ("provider", "needs", "its server filters", "limit", "audio", "complete")
_PROOF: Mapping[bool, str] = {
    True: "proven: it tells how many there are, and recli counts",
    False: "unproven: it gives no totals, so only the end of the listing can be checked",
}


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

_Failed = Annotated[
    bool, typer.Option("--failed", help="With --check: show only the profiles that fail.")
]


@takes
def providers_command(
    context: CommandContext,
    *,
    name: _Name = None,
    check: _Check = False,
    failed: _Failed = False,
    output_format: _Format = ProvidersFormat.TABLE,
    options: ProfileOptions,
) -> ExitCode:
    """Show what each provider needs and can, and its limits.

    With a NAME, show one provider in detail, with a profile that is ready to paste. With --check,
    try profiles: exit code 0 if all can be used, 3 if some can, 4 if none can and credentials were
    refused.
    """
    as_json = output_format is ProvidersFormat.JSON
    if check:
        from recli.cli.check import check_profiles

        if name is not None:
            options = replace(options, providers=[*(options.providers or ()), name])
        return check_profiles(context, options, as_json=as_json, failed_only=failed)
    if failed or options != ProfileOptions():
        problem = "--failed is for --check" if failed else "choosing profiles is for --check"
        raise UsageError(problem, hint="recli providers --check")
    from recli.config.load import config_path
    from recli.config.select import resolve_provider
    from recli.providers import names
    from recli.text import escape_control

    width = context.environment.width()
    if as_json:
        document = (
            [_document(each) for each in names()]
            if name is None
            else _document(resolve_provider(name))
        )
        text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    elif name is None:
        text = _table(names(), width)
    else:
        path = escape_control(str(config_path(None, context.environment.environ)))
        text = _details(resolve_provider(name), path, width)
    context.write(text)
    return ExitCode.OK


def _document(name: str) -> dict[str, object]:
    """Return what a provider declares, as JSON can hold it."""
    cls = provider_class(name)
    return {
        "name": cls.name,
        "title": cls.title,
        "aliases": list(cls.aliases),
        "docs_url": cls.docs_url,
        "keys": [_key(key) for key in _keys(cls)],
        "filters": {
            "server": _filters(cls.filters),
            "recli": _filters(frozenset(Filter) - cls.filters - cls.unreported_fields),
            "never": _filters(cls.unreported_fields),
        },
        "params": names_of(cls.params),
        "directions": [each.value for each in Direction if each in cls.directions],
        "states": [each.value for each in State if each in cls.states],
        "limit": _rate(cls.rate),
        "audio": cls.audio,
        "audio_limit": None if cls.audio_rate is None else _rate(cls.audio_rate),
        "complete": (Completeness.PROVEN if cls.reports_totals else Completeness.ENDED).value,
        "notes": list(cls.notes),
        "profile": _example_profile(name),
    }


def _table(chosen: Sequence[str], width: int) -> str:
    from recli.cli.text_table import text_table

    rows = []
    for name in chosen:
        cls = provider_class(name)
        needs = [f"{key.name}*" if key.secret else key.name for key in _keys(cls) if key.required]
        cells = (
            " or ".join((cls.name, *cls.aliases)),
            ", ".join(needs),
            ", ".join(_filters(cls.filters)) or "none",
            _limit(cls.rate),
            "yes" if cls.audio else "no",
            "proven" if cls.reports_totals else "unproven",
        )
        rows.append(dict(zip(_HEADINGS, cells, strict=True)))
    table = text_table(_HEADINGS, rows, width, gap_lines=1)
    return f"{table}* secret. `recli providers NAME` tells more, with a profile to paste.\n"


def _details(name: str, path: str, width: int) -> str:
    """Return everything about one provider as text; `path` is where its profile would go."""
    cls = provider_class(name)
    also = f", also called {', '.join(cls.aliases)}" if cls.aliases else ""
    parts = [f"{cls.title} ({cls.name}{also})", cls.docs_url, ""]
    for label, text in _labelled_facts(cls):
        parts += wrap(
            text,
            max(width, 40),
            initial_indent=f"{label:<{_LABEL_CELLS}}",
            subsequent_indent=" " * _LABEL_CELLS,
            break_long_words=False,
            break_on_hyphens=False,
        )
    parts += ["", f"A profile for {path}:", "", _example_profile(name)]
    return "\n".join(parts)


def _labelled_facts(cls: type[Provider]) -> Iterator[tuple[str, str]]:
    server, never = _filters(cls.filters), _filters(cls.unreported_fields)
    yield "filters", f"by its server: {', '.join(server) or 'none'}; all others by recli"
    if never:
        yield "", f"it never tells, so that nothing can match: {', '.join(never)}"
    if cls.directions != frozenset(Direction):
        yield "", f"directions: {', '.join(each for each in Direction if each in cls.directions)}"
    yield "", f"states: {', '.join(each for each in State if each in cls.states)}"
    for number, param in enumerate(cls.params):
        suffixes = f" Also {', '.join(param.names[1:])}." if param.suffixes else ""
        yield "" if number else "--param", f"{param.name}: {param.about}{suffixes}"
    yield "limit", _limit(cls.rate)
    if cls.audio and cls.audio_rate is not None:
        yield "", f"audio: {_limit(cls.audio_rate)}"
    yield "audio", "yes" if cls.audio else "no"
    yield "complete", _PROOF[cls.reports_totals]
    for note in cls.notes:
        yield "note", note


def _example_profile(name: str) -> str:
    """Return a profile to paste into a configuration, with what each key means."""
    from recli.config.render import example_values, render_profile

    return render_profile(name, name, example_values(name))


def _keys(cls: type[Provider]) -> tuple[Key, ...]:
    return cls.keys()


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
    parallel = f"{rate.parallel} at a time"
    if not rate.requests:
        return f"none documented; {parallel}"
    per = "second" if rate.per_s == 1 else f"{rate.per_s:g} s"
    return f"{rate.requests} per {per}; {parallel}"


def _filters(filters: frozenset[Filter]) -> list[str]:
    return [each.value for each in Filter if each in filters]
