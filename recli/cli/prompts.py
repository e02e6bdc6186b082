"""Ask a person at a terminal; secrets are typed unseen.

Questions go to standard error, answers come from standard input. An end of input is an error, so
that nothing is written half.
"""

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from functools import partial
from getpass import GetPassWarning
from typing import TypeVar

import typer

from recli.cli.console import is_terminal
from recli.cli.context import CommandContext
from recli.cli.signals import prompting
from recli.errors import RecliError, UsageError
from recli.text import escape_control
from recli.wire import Secret

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PromptChoice:
    """One of several answers: the word for it, and what it means."""

    name: str
    about: str


class Prompter:
    """Ask the person at the command's terminal."""

    def __init__(self, context: CommandContext) -> None:
        self._redact = context.console.redact
        self._stderr = context.environment.stderr

    def say(self, text: str = "") -> None:
        """Write lines of text."""
        typer.echo(self._clean(text), file=self._stderr)

    def ask(self, label: str, parse: Callable[[str], T], default: str = "") -> T:
        """Return the parsed answer; ask again after each error that `parse` raises."""

        def parse_answer(text: str) -> T:
            try:
                return parse(text.strip())
            except RecliError as error:
                hint = f"\n  hint: {error.hint}" if error.hint else ""
                raise typer.BadParameter(self._clean(error.message + hint)) from error

        with self._prompting():
            answer: T = typer.prompt(
                self._clean(label),
                self._clean(default),
                show_default=bool(default),
                value_proc=parse_answer,
                err=True,
            )
        return answer

    def ask_secret(self, label: str, *, optional: bool = False) -> Secret:
        """Return what is typed unseen, maybe nothing if `optional`; messages will hide it."""
        with self._prompting():
            text: str = typer.prompt(
                f"{label} (not shown{'; or nothing' if optional else ''})",
                "" if optional else None,
                show_default=False,
                hide_input=True,
                err=True,
            )
        self._redact.add(text)
        return Secret(text)

    def choose(self, label: str, choices: Sequence[PromptChoice], default: str = "") -> str:
        """Return the name of the choice that is answered by number, name or beginning."""
        width = max(len(choice.name) for choice in choices)
        for number, choice in enumerate(choices, 1):
            self.say(f"  {number}  {choice.name:<{width}}  {choice.about}".rstrip())
        return self.ask(label, partial(_pick, [choice.name for choice in choices]), default)

    def confirm(self, label: str) -> bool:
        """Return whether the answer is yes; the default is no."""
        with self._prompting():
            return typer.confirm(self._clean(label), err=True)

    @contextmanager
    def _prompting(self) -> Iterator[None]:
        try:
            # typer.prompt writes the last character of a question to standard output.
            with redirect_stdout(self._stderr), warnings.catch_warnings(), prompting():
                warnings.simplefilter("error", GetPassWarning)
                yield
        except GetPassWarning:
            raise UsageError(
                "this terminal shows what is typed, also when it should not",
                hint="give the secret over standard input: --secret-stdin KEY, or --stdin",
            ) from None
        except UnicodeDecodeError:
            raise UsageError("the answer is not readable text: nothing was written") from None
        except typer.Abort:
            self.say()
            raise UsageError("stopped at a question: nothing was written") from None

    def _clean(self, text: str) -> str:
        return "\n".join(map(escape_control, self._redact(text).split("\n")))


def can_prompt(context: CommandContext) -> bool:
    """Say whether there is a terminal to ask questions on."""
    return is_terminal(context.environment.stdin) and is_terminal(context.environment.stderr)


def read_secret(context: CommandContext, label: str) -> Secret:
    """Return a secret's line of standard input, or what is typed unseen at a terminal."""
    stream = context.environment.stdin
    if is_terminal(stream):
        secret = Prompter(context).ask_secret(label, optional=True)
    else:
        try:
            secret = Secret(stream.readline().rstrip("\r\n") if stream is not None else "")
        except UnicodeDecodeError:
            raise UsageError(f"{label}: standard input holds no text") from None
        context.console.redact.add(secret.reveal())
    if not secret.reveal():
        raise UsageError(f"{label}: standard input is empty", hint="give the secret as its line")
    return secret


def _pick(names: Sequence[str], answer: str) -> str:
    answer = answer.lower()
    if answer.isdecimal() and 0 < int(answer) <= len(names):
        return names[int(answer) - 1]
    matches = [name for name in names if name == answer]
    matches = matches or [name for name in names if answer and name.startswith(answer)]
    if len(matches) == 1:
        return matches[0]
    raise UsageError(f"answer with a number from 1 to {len(names)}, or a name")
