"""Commands that take whole groups of options: a dataclass's fields become options of a command.

So a group is declared once, with what Typer needs to know beside each field, and a command gets
it as one value.
"""

import inspect
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, get_type_hints

import typer

from recli.cli.session import Session, session_of


def taking(body: Callable[..., object]) -> Callable[..., object]:
    """Make a function that Typer can read of one whose parameters are groups of options.

    The first parameter of `body` is the session; each that is annotated with a dataclass is taken
    apart, all others are left as they are.
    """
    hints = get_type_hints(body, include_extras=True)
    groups: dict[str, type] = {}
    flat = [inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD)]
    flat[0] = flat[0].replace(annotation=typer.Context)
    for name, parameter in inspect.signature(body).parameters.items():
        hint = hints[name]
        if hint is Session:
            continue
        if is_dataclass(hint) and isinstance(hint, type):
            groups[name] = hint
            flat += _members(hint)
        else:
            kind = inspect.Parameter.KEYWORD_ONLY
            flat.append(parameter.replace(annotation=hint, kind=kind))

    def command(ctx: typer.Context, **given: Any) -> object:  # whatever the options hold
        for name, group in groups.items():
            given[name] = group(**{each.name: given.pop(each.name) for each in fields(group)})
        return body(session_of(ctx), **given)

    command.__name__ = body.__name__
    command.__doc__ = body.__doc__
    command.__signature__ = inspect.Signature(flat)  # type: ignore[attr-defined]
    command.__annotations__ = {each.name: each.annotation for each in flat}
    return command


def _members(group: type) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(
            each.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if each.default is MISSING else each.default,
            annotation=hints[each.name],
        )
        for each in fields(group)
    ]
