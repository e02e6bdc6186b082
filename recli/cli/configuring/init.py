"""`recli config init`: make a profile, try it with one request, and write it to the configuration.

Questions are in `recli.cli.configuring.interview`, flags in `recli.cli.configuring.flags`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recli.cli.configuring.questions import Choice
from recli.cli.options.taking import taking
from recli.cli.session import Session
from recli.cli.shell import complete
from recli.cli.signals import Ended
from recli.errors import ConfigError, ExitCode, RecliError, Refused, UsageError

if TYPE_CHECKING:
    from recli.cli.configuring.draft import Book, Draft
    from recli.cli.configuring.flags import Flags
    from recli.cli.configuring.interview import Interview
    from recli.providers.base import Provider

_FLAGS = "Instead of questions"
_WAYS = (
    Choice("again", "answer once more"),
    Choice("save", "write it all the same"),
    Choice("stop", "write nothing"),
)
_Provider = Annotated[
    str | None,
    typer.Option(
        "--provider",
        "-P",
        metavar="NAME",
        help="Whose recordings.",
        rich_help_panel=_FLAGS,
        autocompletion=complete.providers,
    ),
]
_Name = Annotated[
    str | None,
    typer.Option(
        "--name",
        metavar="NAME",
        help="Name of the profile.  [default: its provider's]",
        rich_help_panel=_FLAGS,
    ),
]
_Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="A key; repeatable. Of a secret, where it is kept: env:NAME, file:PATH, keyring:NAME"
        " or command:LINE.",
        rich_help_panel=_FLAGS,
        autocompletion=complete.settings,
    ),
]
_SecretStdin = Annotated[
    list[str] | None,
    typer.Option(
        "--secret-stdin",
        metavar="KEY",
        help="A secret that is the next line of standard input; repeatable. With --set"
        " KEY=file:PATH or keyring:NAME it is put there, else into the configuration.",
        rich_help_panel=_FLAGS,
        autocompletion=complete.secrets,
    ),
]
_NonInteractive = Annotated[
    bool,
    typer.Option(
        "--non-interactive",
        help="Ask nothing: what is needed and not given is an error, but for what the provider's"
        " own environment variables hold.",
        rich_help_panel=_FLAGS,
    ),
]
_NoCheck = Annotated[bool, typer.Option("--no-check", help="Write it without trying it.")]
_Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace a profile that has this name.")
]
_Default = Annotated[
    bool,
    typer.Option("--default", help="Use it where no profile is named, as the first one is anyway."),
]
_Config = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Another file than the usual one."),
]


@taking
def command(
    session: Session,
    *,
    provider: _Provider = None,
    name: _Name = None,
    values: _Set = None,
    secret_stdin: _SecretStdin = None,
    non_interactive: _NonInteractive = False,
    no_check: _NoCheck = False,
    overwrite: _Overwrite = False,
    default: _Default = False,
    config: _Config = None,
) -> ExitCode:
    """Make a profile: ask for what it needs, try it with one request, write it down.

    The file is readable by you alone; one that is there gets the profile added, its comments kept.
    What was refused is not written unless you say so.
    """
    from recli.cli.configuring.draft import Book
    from recli.cli.configuring.flags import Flags
    from recli.cli.configuring.questions import at_terminal
    from recli.config.where import locate

    environ = session.world.environ
    book = Book(locate(config, environ), environ, named=config is not None)
    flags = Flags(provider, name, values or (), secret_stdin or (), overwrite, default)
    book.data()  # a file that can't be read is told before anything is asked
    if non_interactive:
        return _by_flags(session, book, flags, check=not no_check)
    if not at_terminal(session):
        raise UsageError(
            "config init asks questions, and nobody is at a terminal to answer",
            hint="recli config init --non-interactive --provider NAME --set KEY=VALUE …",
        )
    if flags.stdin:
        raise UsageError("--secret-stdin needs --non-interactive", hint="leave it out: it is asked")
    return _by_questions(session, book, flags, check=not no_check)


def _by_flags(session: Session, book: "Book", flags: "Flags", *, check: bool) -> ExitCode:
    from recli.cli.configuring.draft import ready, save, tried
    from recli.cli.configuring.flags import draft_of

    draft = draft_of(flags, book, session)
    if check:
        found = tried(ready(draft, book, session), session)
        if found.error is not None:
            found.error.hint = found.error.hint or "--no-check writes it without trying it"
            session.teller.error(found.error, f"{draft.name} was not written")
            return found.error.exit_code
    save(draft, book)
    for line in _after(draft, book):
        session.teller.note(line)
    return ExitCode.OK


def _by_questions(session: Session, book: "Book", flags: "Flags", *, check: bool) -> ExitCode:
    from recli.cli.configuring.draft import save
    from recli.cli.configuring.interview import Interview

    interview = Interview(session, book, flags)
    code = ExitCode.OK
    try:
        draft: Draft | None = interview.first()
        if check and draft is not None:
            draft, code = _right(session, book, interview, draft)
        if draft is not None:
            draft = interview.default(draft)
    except (Ended, KeyboardInterrupt):
        interview.questions.say("\nNothing was written.")
        raise
    if draft is None:
        interview.questions.say("Nothing was written.")
        return code
    save(draft, book)
    interview.questions.say()
    for line in _after(draft, book):
        interview.questions.say(line)
    return ExitCode.OK


def _right(
    session: Session, book: "Book", interview: "Interview", draft: "Draft"
) -> "tuple[Draft | None, ExitCode]":
    """Try a profile until it is right or is to be written all the same; None to write nothing."""
    ask = interview.questions
    refused: list[Provider] = []
    while True:
        unset = draft.unset(book.environ)
        if unset:
            ask.say(f"\nNot tried: {' and '.join(unset)} must be set for that.")
            return draft, ExitCode.OK
        error = _problem(session, book, interview, draft, refused)
        if error is None:
            return draft, ExitCode.OK
        ask.say(f"\n{draft.name} can't be used: {error.message}")
        if error.hint:
            ask.say(f"  hint: {error.hint}")
        match ask.choose("What now", _WAYS, "again"):
            case "save":
                return draft, ExitCode.OK
            case "stop":
                return None, error.exit_code
            case _:
                draft = interview.again(draft, wider=not isinstance(error, Refused))


def _problem(
    session: Session,
    book: "Book",
    interview: "Interview",
    draft: "Draft",
    refused: "list[Provider]",
) -> RecliError | None:
    """Return why a profile can't be used; what was refused before is not tried again."""
    from recli.cli.configuring.draft import ready, tried

    try:
        profile = ready(draft, book, session)
    except ConfigError as error:
        return error
    if profile.provider in refused:
        name = profile.provider.name
        return Refused(name, f"{name} refused these before: they were not tried again")
    interview.questions.say("\nTrying it with one request…")
    found = tried(profile, session)
    if found.error is None:
        interview.questions.say("It works.")
    if isinstance(found.error, Refused):
        refused.append(profile.provider)
    return found.error


def _after(draft: "Draft", book: "Book") -> Iterator[str]:
    """Say what was written, and what to do next."""
    from recli.cli.checking.mending import command as command_line
    from recli.cli.configuring.keeping import how_to_set

    yield f"profile {draft.name} is in {book.path}"
    for variable in draft.unset({}):
        if not book.environ.get(variable):
            yield f"set {variable} before you use it: {how_to_set(variable)}"
    words = ("list", "-p", draft.name, "--since", "yesterday")
    yield f"next: {command_line(book.option, *words)}"
