"""`recli providers`: what each provider needs, what it can, and where its limits are.

With --check, the configured profiles are tried instead: `recli.cli.checking.check`.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Annotated

import typer

from recli.cli.options.choosing import Whose
from recli.cli.options.taking import taking
from recli.cli.session import Session
from recli.cli.shell import complete
from recli.errors import ExitCode, UsageError

_HEADINGS = ("provider", "needs", "its server filters", "limit", "audio", "complete")


class ProvidersFormat(StrEnum):
    """How what is known of providers is shown."""

    TABLE = "table"
    JSON = "json"


_Name = Annotated[
    str | None,
    typer.Argument(
        metavar="NAME", help="One provider, in detail.", autocompletion=complete.providers
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


@taking
def command(
    session: Session,
    *,
    name: _Name = None,
    check: _Check = False,
    form: _Format = ProvidersFormat.TABLE,
    whose: Whose,
) -> ExitCode:
    """Show what each provider needs and can, and its limits.

    With a NAME, show one provider in detail, with a profile that is ready to paste. With --check,
    try profiles: exit code 0 if all can be used, 3 if some can, 4 if none can and credentials were
    refused.
    """
    if check:
        from recli.cli.checking.check import check as check_profiles

        if name is not None:
            whose = replace(whose, provider=[*(whose.provider or ()), name])
        return check_profiles(session, whose, as_document=form is ProvidersFormat.JSON)
    if whose != Whose():
        raise UsageError("choosing profiles is for --check", hint="recli providers --check")
    from recli.cli.facts import detail_of, facts_of
    from recli.config.where import locate
    from recli.output.marks import visible
    from recli.output.streams import put
    from recli.providers import names

    chosen = names() if name is None else (_known(name),)
    stream = session.out
    if form is ProvidersFormat.JSON:
        facts = [facts_of(each) for each in chosen]
        told: object = facts if name is None else facts[0]
        put(stream, json.dumps(told, indent=2, ensure_ascii=False) + "\n")
    elif name is None:
        put(stream, _table(session, chosen))
    else:
        place = visible(str(locate(None, session.world.environ)))
        put(stream, detail_of(chosen[0], session.world.width(), place))
    stream.flush()
    return ExitCode.OK


def _known(name: str) -> str:
    from recli.config.spot import nearest, shown
    from recli.providers import ALIASES, canonical, names

    found = canonical(name)
    if found is not None:
        return found
    known = (*names(), *ALIASES)
    near = nearest(name, known)
    problem = f"there is no provider {shown(name)}"
    if near is not None:
        raise UsageError(f"{problem}; did you mean {near}?", hint=f"recli providers {near}")
    raise UsageError(problem, hint=f"known: {', '.join(known)}")


def _table(session: Session, chosen: Sequence[str]) -> str:
    from io import StringIO

    from rich.console import Console
    from rich.table import Table

    from recli.cli.facts import row_of

    table = Table(box=None, pad_edge=False, padding=(0, 2, 1, 0), header_style="")
    for heading in _HEADINGS:
        table.add_column(heading, overflow="fold")
    for each in chosen:
        table.add_row(*row_of(each))
    text = StringIO()
    console = Console(file=text, width=session.world.width(), no_color=True, highlight=False)
    console.print(table)
    lines = [line.rstrip() for line in text.getvalue().splitlines()]
    more = "* secret. `recli providers NAME` tells more, with a profile to paste."
    return "\n".join([*lines, *([] if lines[-1] == "" else [""]), more, ""])
