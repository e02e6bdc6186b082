"""How a function becomes a command: its options by groups, and help in sections with examples."""

import inspect
from collections import defaultdict
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer
from typer.core import TyperCommand, TyperGroup

from recli.cli.context import CommandContext, command_context
from recli.cli.examples import example_lines

if TYPE_CHECKING:
    from typer._click import Context
    from typer._click.formatting import HelpFormatter


def _write_examples(ctx: "Context", formatter: "HelpFormatter") -> None:
    lines = example_lines(ctx.command_path, "  ")
    if lines:
        formatter.write("\nExamples:\n" + "".join(f"{line}\n" for line in lines))


class ExampleGroup(TyperGroup):
    """A group of commands whose help ends in examples."""

    def format_epilog(self, ctx: "Context", formatter: "HelpFormatter") -> None:
        """Write the epilog, then the examples."""
        super().format_epilog(ctx, formatter)
        _write_examples(ctx, formatter)


class SectionedHelp(TyperCommand):
    """A command whose help has a section for each group of options, and ends in examples."""

    def format_epilog(self, ctx: "Context", formatter: "HelpFormatter") -> None:
        """Write the examples."""
        _write_examples(ctx, formatter)

    def format_options(self, ctx: "Context", formatter: "HelpFormatter") -> None:
        """Write the sections, options of no group last."""
        sections: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                kind = "Arguments" if parameter.param_type_name == "argument" else "Options"
                sections[getattr(parameter, "rich_help_panel", None) or kind].append(record)
        others = sections.pop("Options", [])
        for title, records in [*sections.items(), ("Options", others)]:
            if records:
                with formatter.section(title):
                    formatter.write_dl(records, col_max=26)


def takes(body: Callable[..., object]) -> Callable[..., object]:
    """Make a command for Typer of a function whose parameters may be groups of options.

    Its first parameter is the command context; groups are replaced by their options.
    """
    hints = get_type_hints(body, include_extras=True)
    groups: dict[str, Any] = {}
    parameters = [_keyword("ctx", typer.Context)]
    for name, parameter in inspect.signature(body).parameters.items():
        hint = hints[name]
        if hint is CommandContext:
            continue
        if is_dataclass(hint):
            groups[name] = hint
            parameters += _options(hint)
        else:
            parameters.append(_keyword(name, hint, parameter.default))

    def command(ctx: typer.Context, **values: Any) -> object:
        for name, group in groups.items():
            values[name] = group(**{each.name: values.pop(each.name) for each in fields(group)})
        context = command_context(ctx)
        _check_files([values[name] for name in groups], context)
        return body(context, **values)

    command.__name__ = body.__name__
    command.__doc__ = body.__doc__
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {each.name: each.annotation for each in parameters}
    return command


def _check_files(groups: list[Any], context: CommandContext) -> None:
    """Raise UsageError for a file that the command must not write."""
    written: list[tuple[str, Path]] = []
    config: Path | None = None
    for group in groups:
        config = getattr(group, "config", config)
        for each in fields(group):
            path = getattr(group, each.name)
            option_name = each.metadata.get("writes")
            if option_name and path is not None:
                written.append((option_name, path))
    if written:
        from recli.cli.written_files import check_written

        check_written(written, config, context.environment.environ)


def _options(group: Any) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    found = []
    for each in fields(group):
        info = each.metadata["option"]
        info.rich_help_panel = info.rich_help_panel or group.section
        found.append(_keyword(each.name, Annotated[hints[each.name], info], each.default))
    return found


def _keyword(name: str, hint: object, default: object = MISSING) -> inspect.Parameter:
    default = inspect.Parameter.empty if default is MISSING else default
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hint)
