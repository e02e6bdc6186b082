"""How help is laid out: options under the headings of their groups, without rich."""

from collections import defaultdict
from typing import TYPE_CHECKING

from typer.core import TyperCommand

if TYPE_CHECKING:  # Typer's own copy of click has no public name, and its methods speak of it
    from typer._click import Context
    from typer._click.formatting import HelpFormatter


class SectionedHelp(TyperCommand):
    """A command whose help has a section for each group of options."""

    def format_options(self, ctx: "Context", formatter: "HelpFormatter") -> None:
        """Write the options, those of no group last."""
        sections: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                kind = "Arguments" if parameter.param_type_name == "argument" else "Options"
                sections[getattr(parameter, "rich_help_panel", None) or kind].append(record)
        rest = sections.pop("Options", [])
        for title, records in [*sections.items(), ("Options", rest)]:
            if records:
                with formatter.section(title):
                    formatter.write_dl(records, col_max=26)
