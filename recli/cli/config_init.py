"""`recli config init`: make a profile, try it with one request, and write it to the configuration.

Settings come from questions at a terminal, or from options for scripts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from recli.cli.command import takes
from recli.cli.context import CommandContext
from recli.cli.init_options import InitOptions
from recli.cli.signals import signal_behind
from recli.errors import ConfigError, ExitCode, RecliError, Refused, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from recli.cli.new_profile import ConfigFile, NewProfile
    from recli.cli.profile_prompt import ProfilePrompt
    from recli.providers.base import Provider


@takes
def init_command(context: CommandContext, *, options: InitOptions) -> ExitCode:
    """Make a profile: ask for what it needs, try it with one request, write it down.

    The file is readable by you alone; one that is there gets the profile added, its comments kept.
    What was refused is not written unless you say so.
    """
    from recli.cli.new_profile import ConfigFile
    from recli.cli.prompts import can_prompt
    from recli.config.load import config_path

    environ = context.environment.environ
    file = ConfigFile(config_path(options.config, environ), environ)
    file.data()  # report a file that can't be read before anything is asked
    if options.non_interactive:
        return _from_options(context, file, options)
    if not can_prompt(context):
        raise UsageError(
            "config init asks questions, and nobody is at a terminal to answer",
            hint="recli config init --non-interactive --provider NAME --set KEY=VALUE …",
        )
    if options.secret_stdin:
        raise UsageError("--secret-stdin needs --non-interactive", hint="leave it out: it is asked")
    return _from_answers(context, file, options)


def _from_options(context: CommandContext, file: ConfigFile, options: InitOptions) -> ExitCode:
    from recli.cli.new_profile import check_new_profile, profile_from_options, resolve_new_profile

    profile = profile_from_options(options, file, context)
    if not options.no_check:
        error = check_new_profile(resolve_new_profile(profile, file, context), context)
        if error is not None:
            error.hint = error.hint or "--no-check writes it without trying it"
            context.console.error(error, f"{profile.name} was not written")
            return error.exit_code
    _save(profile, file, options, context.console.note)
    return ExitCode.OK


def _from_answers(context: CommandContext, file: ConfigFile, options: InitOptions) -> ExitCode:
    from recli.cli.profile_prompt import ProfilePrompt

    prompt = ProfilePrompt(context, file, options)
    try:
        profile = prompt.profile()
        if not options.no_check:
            profile, error = _check_until_usable(context, file, prompt, profile)
            if error is not None:
                prompt.say("Nothing was written.")
                return error.exit_code
        profile = prompt.confirm_default(profile)
    except BaseException as problem:
        if signal_behind(problem):
            prompt.say("\nNothing was written.")
        raise
    prompt.say()
    _save(profile, file, options, prompt.say)
    return ExitCode.OK


def _check_until_usable(
    context: CommandContext, file: ConfigFile, prompt: ProfilePrompt, profile: NewProfile
) -> tuple[NewProfile, RecliError | None]:
    """Return a profile that works or is to be written anyway, or why nothing is to be written."""
    refused: list[Provider] = []
    while True:
        unset = [
            name for name, given in profile.variables() if not (given or file.environ.get(name))
        ]
        if unset:
            prompt.say(f"\nNot tried: {' and '.join(unset)} must be set for that.")
            return profile, None
        error = _check(context, file, prompt, profile, refused)
        if error is None:
            return profile, None
        match prompt.next_step(f"{profile.name} can't be used", error):
            case "save":
                return profile, None
            case "stop":
                return profile, error
            case _:
                profile = prompt.again(profile, wider=not isinstance(error, Refused))


def _check(
    context: CommandContext,
    file: ConfigFile,
    prompt: ProfilePrompt,
    profile: NewProfile,
    refused: list[Provider],
) -> RecliError | None:
    """Return why a profile can't be used; what was refused before is not tried again."""
    from recli.cli.new_profile import check_new_profile, resolve_new_profile

    try:
        resolved = resolve_new_profile(profile, file, context)
    except ConfigError as error:
        return error
    if resolved.provider in refused:
        name = resolved.provider.name
        return Refused(name, f"{name} refused these before: they were not tried again")
    prompt.say("\nTrying it with one request…")
    problem = check_new_profile(resolved, context)
    if problem is None:
        prompt.say("It works.")
    if isinstance(problem, Refused):
        refused.append(resolved.provider)
    return problem


def _save(
    profile: NewProfile, file: ConfigFile, options: InitOptions, say: Callable[[str], None]
) -> None:
    """Write a profile, and say what to do next."""
    from recli.cli.new_profile import save
    from recli.cli.remedies import recli_command
    from recli.config.secrets import export_command

    save(profile, file)
    say(f"profile {profile.name} is in {file.path}")
    for variable, _ in profile.variables():
        if not file.environ.get(variable):
            say(f"set {variable} before you use it: {export_command(variable)}")
    config = None if options.config is None else file.path
    say(f"next: {recli_command(config, 'list', '-p', profile.name, '--since', 'yesterday')}")
