"""The commands. To add one, write its module and register it in `app`."""

from typing import Annotated

import typer

from recli.cli.command import ExampleGroup, SectionedHelp
from recli.errors import UsageError

_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_WELCOME = """\
recli lists and exports call recordings from Plivo, Bandwidth, Yeastar,
Enswitch and Imagicle: complete rows, whole files, in one form for all.

Try it without an account:
  recli list --sandbox        recordings of five made-up accounts
  recli providers             what each provider needs and can do
Then with yours:
  recli config init           make the configuration file

`recli --help` shows all commands, `recli list --help` all filters.
"""


def app() -> typer.Typer:
    """Return the Typer application with all commands."""
    from recli.cli import config, download, export, list, providers, sandbox, verify  # noqa: A004

    cli = typer.Typer(
        name="recli",
        cls=ExampleGroup,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings=_SETTINGS,
        invoke_without_command=True,
        add_completion=False,
        help="List and export call recordings: complete rows, whole files.",
        epilog="Exit codes: 0 done; 1 fault in recli; 2 wrong usage or configuration, nothing sent;"
        " 3 partial; 4 credentials refused; 5 provider or network failed; 130, 143 interrupted.",
    )
    cli.callback()(_root)
    cli.command("list", cls=SectionedHelp)(list.list_command)
    cli.command("export", cls=SectionedHelp)(export.export_command)
    cli.command("download", cls=SectionedHelp)(download.download_command)
    cli.command("providers", cls=SectionedHelp)(providers.providers_command)
    cli.add_typer(config.app(), name="config")
    cli.command("verify", cls=SectionedHelp)(verify.verify_command)
    cli.command("sandbox", cls=SectionedHelp)(sandbox.sandbox_command)
    return cli


def usage_error(error: typer.TyperException) -> UsageError:
    """Turn Typer's error about the command line into recli's."""
    message = " ".join(error.format_message().split()).rstrip(".")
    message = message.replace("Value error, ", "").replace("Input should be", "it must be")
    ctx = getattr(error, "ctx", None)
    path = ctx.command_path if ctx is not None else "recli"
    return UsageError(message[:1].lower() + message[1:], hint=f"{path} --help")


def _version(context: typer.Context, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        from recli import __version__

        typer.echo(f"recli {__version__}")
        raise typer.Exit


def _root(
    ctx: typer.Context,
    version: Annotated[  # noqa: ARG001  # its callback does it
        bool,
        typer.Option("--version", help="Show the version.", is_eager=True, callback=_version),
    ] = False,
    install_completion: Annotated[
        bool, typer.Option("--install-completion", help="Complete in the shell that runs this.")
    ] = False,
    show_completion: Annotated[
        bool, typer.Option("--show-completion", help="Show the script that does it.")
    ] = False,
) -> None:
    if install_completion or show_completion:
        from recli.cli.completion import completion_script, detect_shell, install_script
        from recli.cli.context import command_context

        context = command_context(ctx)
        shell = detect_shell()
        text = (
            install_script(shell, context.environment.environ)
            if install_completion
            else completion_script(shell)
        )
        context.write(text)
        raise typer.Exit
    if ctx.invoked_subcommand is None:
        typer.echo(_WELCOME, nl=False)
