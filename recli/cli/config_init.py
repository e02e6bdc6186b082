"""`recli config init`: make a profile, try it with one request, and write it to the configuration.

Questions are in `recli.cli.config_init`, flags in `recli.cli.new_profile`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recli.cli import completion
from recli.cli.context import CommandContext
from recli.cli.options import takes
from recli.cli.prompts import PromptChoice, Prompter
from recli.cli.signals import Terminated
from recli.config.load import expand_path
from recli.config.profile import ConfigLocation, SecretRef, SecretSource, Value
from recli.config.urls import cleartext_host
from recli.errors import ConfigError, ExitCode, RecliError, Refused, UsageError
from recli.providers import names, provider_class
from recli.providers.base import Key
from recli.wire import Secret

if TYPE_CHECKING:
    from recli.cli.new_profile import (
        ConfigFile,
        InitOptions,
        NewProfile,
        StoredSecret,
    )

if TYPE_CHECKING:
    from recli.providers.base import Provider


_HERE = "config"
_PLACES = (
    PromptChoice(_HERE, "in the configuration file, which only you can read"),
    PromptChoice("environment", "in an environment variable"),
    PromptChoice("file", "in a file of its own"),
    PromptChoice("keyring", "in the system's keyring"),
    PromptChoice("command", "wherever a command gets it, such as: pass show NAME"),
)


class ProfilePrompt:
    """Ask for one profile; `again` asks for what may be wrong of it once more."""

    def __init__(self, context: CommandContext, book: ConfigFile, flags: InitOptions) -> None:
        self.questions = Prompter(context)
        self._session = context
        self._book = book
        self._flags = flags

    def first(self) -> NewProfile:
        """Return the profile that the answers describe."""
        from recli.cli.new_profile import NewProfile, parse_settings

        ask = self.questions
        ask.say(f"A new profile in {self._book.path}")
        ask.say("Nothing is written before the end; Ctrl-C stops.")
        provider = self._provider()
        name, overwrite = self._name(provider)
        location = self._book.location(name)
        flagged = parse_settings(self._flags, provider, location, self._session)
        draft = NewProfile(name, provider, flagged, overwrite, self._flags.default)
        return replace(draft, kept=self._keys(draft, {}, wider=False))

    def again(self, draft: NewProfile, *, wider: bool) -> NewProfile:
        """Return the profile with its keys asked again; `wider`: optional ones as well."""
        return replace(draft, kept=self._keys(draft, draft.kept, wider=wider))

    def default(self, draft: NewProfile) -> NewProfile:
        """Ask whether the profile is to be the usual one, where that is open."""
        data = self._book.data()
        if draft.default or "default_profile" in data or not data.get("profiles"):
            return draft
        label = f"Use {draft.name} where no profile is named?"
        return replace(draft, default=self.questions.agree(label, usual=False))

    def _provider(self) -> str:
        from recli.cli.new_profile import known_provider

        if self._flags.provider is not None:
            return known_provider(self._flags.provider)
        self.questions.say()
        choices = [PromptChoice(name, provider_class(name).title) for name in names()]
        return self.questions.choose("Provider", choices)

    def _name(self, provider: str) -> tuple[str, bool]:
        from recli.cli.new_profile import free_name

        flags, ask = self._flags, self.questions
        if flags.name is not None:
            return free_name(flags.name, self._book, overwrite=flags.overwrite), flags.overwrite
        ask.say()
        while True:
            name = ask.ask("Name of the new profile", self._usual_name(provider))
            holder = self._book.holder(name)
            overwrite = flags.overwrite
            if holder is not None and not overwrite:
                overwrite = ask.agree(f"{holder} is there already. Replace it?", usual=False)
                if not overwrite:
                    continue
            try:
                return free_name(name, self._book, overwrite=overwrite), overwrite
            except RecliError as error:
                self._tell(error)

    def _usual_name(self, provider: str) -> str:
        name, number = provider, 1
        while self._book.holder(name) is not None:
            number += 1
            name = f"{provider}-{number}"
        return name

    def _keys(
        self, draft: NewProfile, before: Mapping[str, StoredSecret], *, wider: bool
    ) -> dict[str, StoredSecret]:
        from recli.cli.new_profile import StoredSecret

        location = self._book.location(draft.name)
        flagged = draft.kept if not before else {}
        kept = dict(before or flagged)
        usual_place = ""
        for key in provider_class(draft.provider).keys():  # noqa: SIM118  # a method, no dict's
            likely = key.name == "base_url" or key.default == ""
            wanted = key.required or key.example or (wider and likely)
            if key.name in flagged or not wanted:
                continue
            if key.secret:
                usual_place = usual_place or _place(before.get(key.name))
                kept[key.name], usual_place = self._secret(key, location, usual_place)
                continue
            value = self._open(key, location, before.get(key.name))
            kept.pop(key.name, None)
            if value is not None:
                kept[key.name] = StoredSecret(value)
        return kept

    def _open(
        self, key: Key, location: ConfigLocation, before: StoredSecret | None
    ) -> Value | None:
        """Return the answer for a key that is no secret, None where it may stay away."""
        from recli.config.edit import parse_setting

        such = f", such as {key.example}" if key.example else ""
        none = "" if key.required else " (or nothing, to leave it out)"
        self.questions.say(f"\n{key.about.rstrip('.')}{such}{none}")
        usual = self._book.environ.get(key.env or "", str(key.default or ""))
        if before is not None and not isinstance(before.value, SecretRef | Secret):
            usual = str(before.value)
        while True:
            text = self.questions.ask(key.name, usual)
            if not key.required and text == (key.default or ""):
                return None
            try:
                value = parse_setting(key, text, location.at(key.name))
            except RecliError as error:
                self._tell(error)
                continue
            host = (
                cleartext_host(value) if key.name == "base_url" and isinstance(value, str) else None
            )
            if host is None:
                return value
            self.questions.say(f"credentials would go to {host} over plain http: give https://…")

    def _secret(self, key: Key, location: ConfigLocation, usual: str) -> tuple[StoredSecret, str]:
        """Return a secret with where it is kept, and that place's name."""
        ask = self.questions
        while True:
            ask.say(f"\n{key.about.rstrip('.')}: where is {key.name} to be kept?")
            seen = bool(key.env and self._book.environ.get(key.env))
            likely = usual or ("environment" if seen else _HERE)
            place = ask.choose("Where", _PLACES, likely)
            try:
                kept = self._kept(key, location.at(key.name), place)
            except RecliError as error:
                self._tell(error)
                continue
            if kept is not None:
                return kept, place

    def _kept(self, key: Key, location: ConfigLocation, place: str) -> StoredSecret | None:
        from recli.cli.new_profile import StoredSecret, check_keyring
        from recli.config.edit import parse_setting

        match place:
            case "environment":
                return self._in_environment(key, location)
            case "file":
                return self._in_file(key, location)
            case "keyring":
                check_keyring(location)
                name = self.questions.ask("Its name there", f"{location.profile}.{key.name}")
                return self._stored(SecretRef(SecretSource.KEYRING, name), key, location)
            case "command":
                line = self.questions.ask("Command that prints it")
                return (
                    StoredSecret(parse_setting(key, f"command:{line}", location)) if line else None
                )
            case _:
                secret = self._typed(key, location)
                return StoredSecret(secret, secret)

    def _in_environment(self, key: Key, location: ConfigLocation) -> StoredSecret:
        from recli.cli.new_profile import StoredSecret
        from recli.config.edit import parse_setting

        usual = key.env or f"{location.profile}_{key.name}".upper().replace("-", "_").replace(
            ".", "_"
        )
        name = self.questions.ask("Name of the variable", usual)
        value = parse_setting(key, f"env:{name}", location)
        if self._book.environ.get(name):
            return StoredSecret(value)
        self.questions.say(f"{name} is not set here, so its value is asked for once, to try it.")
        return StoredSecret(value, self.questions.hidden(f"{key.name} (not shown; or nothing)"))

    def _in_file(self, key: Key, location: ConfigLocation) -> StoredSecret:
        from recli.cli.new_profile import StoredSecret
        from recli.config.edit import parse_setting

        usual = str(self._book.folder / "secrets" / f"{location.profile}.{key.name}")
        text = self.questions.ask("Path of the file", usual)
        value = parse_setting(key, f"file:{text}", location)
        path: Path = expand_path(text, self._book.environ, self._book.folder)
        if path.exists() and not self.questions.agree(
            f"{path} is there. Replace what it holds?", usual=False
        ):
            return StoredSecret(value)
        return self._stored(value, key, location)

    def _stored(self, value: Value, key: Key, location: ConfigLocation) -> StoredSecret:
        from recli.cli.new_profile import StoredSecret

        return StoredSecret(value, self._typed(key, location), store=True)

    def _typed(self, key: Key, location: ConfigLocation) -> Secret:
        from recli.config.edit import parse_setting

        while True:
            secret = self.questions.hidden(f"{key.name} (not shown)")
            if secret is None:
                self.questions.say("nothing was typed")
                continue
            parse_setting(key, secret, location)
            return secret

    def _tell(self, error: RecliError) -> None:
        self.questions.say(error.message)
        if error.hint:
            self.questions.say(f"  hint: {error.hint}")


def _place(kept: StoredSecret | None) -> str:
    """Return the name of the place that was chosen for a secret before, "" if none was."""
    if kept is None:
        return ""
    if not isinstance(kept.value, SecretRef):
        return _HERE
    return "environment" if kept.value.source is SecretSource.ENV else kept.value.source.value


_FLAGS = "Instead of questions"
_WAYS = (
    PromptChoice("again", "answer once more"),
    PromptChoice("save", "write it all the same"),
    PromptChoice("stop", "write nothing"),
)
_Provider = Annotated[
    str | None,
    typer.Option(
        "--provider",
        "-P",
        metavar="NAME",
        help="Whose recordings.",
        rich_help_panel=_FLAGS,
        autocompletion=completion.providers,
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
        autocompletion=completion.settings,
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
        autocompletion=completion.secrets,
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


@takes
def init_command(
    context: CommandContext,
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
    from recli.cli.new_profile import ConfigFile, InitOptions
    from recli.cli.prompts import at_terminal
    from recli.config.load import config_path

    environ = context.environment.environ
    book = ConfigFile(config_path(config, environ), environ, named=config is not None)
    flags = InitOptions(provider, name, values or (), secret_stdin or (), overwrite, default)
    book.data()  # a file that can't be read is told before anything is asked
    if non_interactive:
        return _by_flags(context, book, flags, check=not no_check)
    if not at_terminal(context):
        raise UsageError(
            "config init asks questions, and nobody is at a terminal to answer",
            hint="recli config init --non-interactive --provider NAME --set KEY=VALUE …",
        )
    if flags.stdin:
        raise UsageError("--secret-stdin needs --non-interactive", hint="leave it out: it is asked")
    return _by_questions(context, book, flags, check=not no_check)


def _by_flags(
    context: CommandContext, book: ConfigFile, flags: InitOptions, *, check: bool
) -> ExitCode:
    from recli.cli.new_profile import (
        check_new_profile,
        profile_from_options,
        resolve_new_profile,
        save,
    )

    draft = profile_from_options(flags, book, context)
    if check:
        found = check_new_profile(resolve_new_profile(draft, book, context), context)
        if found.error is not None:
            found.error.hint = found.error.hint or "--no-check writes it without trying it"
            context.console.error(found.error, f"{draft.name} was not written")
            return found.error.exit_code
    save(draft, book)
    for line in _after(draft, book):
        context.console.note(line)
    return ExitCode.OK


def _by_questions(
    context: CommandContext, book: ConfigFile, flags: InitOptions, *, check: bool
) -> ExitCode:

    from recli.cli.new_profile import save

    interview = ProfilePrompt(context, book, flags)
    code = ExitCode.OK
    try:
        draft: NewProfile | None = interview.first()
        if check and draft is not None:
            draft, code = _right(context, book, interview, draft)
        if draft is not None:
            draft = interview.default(draft)
    except (Terminated, KeyboardInterrupt):
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
    context: CommandContext, book: ConfigFile, interview: ProfilePrompt, draft: NewProfile
) -> tuple[NewProfile | None, ExitCode]:
    """Try a profile until it is right or is to be written all the same; None to write nothing."""
    ask = interview.questions
    refused: list[Provider] = []
    while True:
        unset = draft.unset(book.environ)
        if unset:
            ask.say(f"\nNot tried: {' and '.join(unset)} must be set for that.")
            return draft, ExitCode.OK
        error = _problem(context, book, interview, draft, refused)
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
    context: CommandContext,
    book: ConfigFile,
    interview: ProfilePrompt,
    draft: NewProfile,
    refused: list[Provider],
) -> RecliError | None:
    """Return why a profile can't be used; what was refused before is not tried again."""
    from recli.cli.new_profile import check_new_profile, resolve_new_profile

    try:
        profile = resolve_new_profile(draft, book, context)
    except ConfigError as error:
        return error
    if profile.provider in refused:
        name = profile.provider.name
        return Refused(name, f"{name} refused these before: they were not tried again")
    interview.questions.say("\nTrying it with one request…")
    found = check_new_profile(profile, context)
    if found.error is None:
        interview.questions.say("It works.")
    if isinstance(found.error, Refused):
        refused.append(profile.provider)
    return found.error


def _after(draft: NewProfile, book: ConfigFile) -> Iterator[str]:
    """Say what was written, and what to do next."""
    from recli.cli.new_profile import how_to_set
    from recli.cli.remedies import recli_command as command_line

    yield f"profile {draft.name} is in {book.path}"
    for variable in draft.unset({}):
        if not book.environ.get(variable):
            yield f"set {variable} before you use it: {how_to_set(variable)}"
    words = ("list", "-p", draft.name, "--since", "yesterday")
    yield f"next: {command_line(book.option, *words)}"
