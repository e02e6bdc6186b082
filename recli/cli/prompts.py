"""Asking a person at a terminal, line by line; secrets are typed unseen.

Questions go to standard error, answers come from standard input. An end of input is an error, so
that nothing is done half.
"""

import getpass
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap

from recli.cli.console import is_terminal
from recli.cli.context import CommandContext
from recli.errors import UsageError
from recli.text import escape_control
from recli.wire import Secret


@dataclass(frozen=True, slots=True)
class PromptChoice:
    """One of several answers: the word for it, and what it means."""

    name: str
    about: str


class Prompter:
    """Ask the person at the terminal."""

    def __init__(self, context: CommandContext) -> None:
        self._session = context

    def say(self, text: str = "") -> None:
        """Tell something, on lines of its own, broken between words."""
        width = max(self._session.environment.width(), 40)
        for line in self._clean(text).split("\n"):
            parts = wrap(line, width, break_long_words=False, break_on_hyphens=False)
            self._write("\n".join([line] if len(line) < width else parts) + "\n")

    def ask(self, label: str, usual: str = "") -> str:
        """Return what is answered, without the space around it; `usual` stands for nothing."""
        self._write(f"{self._clean(label)}{f' [{self._clean(usual)}]' if usual else ''}: ")
        stream = self._session.environment.stdin
        try:
            line = stream.readline() if stream is not None else ""
        except UnicodeDecodeError:
            self.say("that is no text that can be read")
            return self.ask(label, usual)
        if not line.endswith("\n"):
            self._write("\n")
            raise UsageError("stopped at a question: nothing was written")
        return line.strip() or usual

    def hidden(self, label: str) -> Secret | None:
        """Return what is typed unseen, or None for nothing; it is hidden in all that is told."""
        with warnings.catch_warnings():
            warnings.simplefilter("error", getpass.GetPassWarning)
            try:
                text = getpass.getpass(f"{self._clean(label)}: ", self._session.environment.stderr)
            except EOFError:
                self._write("\n")
                raise UsageError("stopped at a question: nothing was written") from None
            except getpass.GetPassWarning:
                raise UsageError(
                    "this terminal shows what is typed, also when it should not",
                    hint="give the secret over standard input: --secret-stdin KEY, or --stdin",
                ) from None
        if not text:
            return None
        self._session.console.redact.add(text)
        return Secret(text)

    def choose(self, label: str, choices: Sequence[PromptChoice], usual: str = "") -> str:
        """Return the name of one of `choices`, which is answered by number, name or beginning."""
        wide = max(len(each.name) for each in choices)
        for number, each in enumerate(choices, 1):
            self.say(f"  {number}  {each.name:<{wide}}  {each.about}".rstrip())
        names = [each.name for each in choices]
        while True:
            said = self.ask(label, usual).lower()
            if said.isdecimal() and 0 < int(said) <= len(names):
                return names[int(said) - 1]
            meant = [name for name in names if name == said]
            meant = meant or [name for name in names if said and name.startswith(said)]
            if len(meant) == 1:
                return meant[0]
            self.say(f"answer with a number from 1 to {len(names)}, or a name")

    def agree(self, label: str, *, usual: bool) -> bool:
        """Return whether a question is answered with yes."""
        while True:
            said = self.ask(f"{label} [{'Y/n' if usual else 'y/N'}]").lower()
            if not said:
                return usual
            if "yes".startswith(said) or "no".startswith(said):
                return "yes".startswith(said)
            self.say("answer yes or no")

    def _write(self, text: str) -> None:
        stream = self._session.environment.stderr
        if stream is not None:
            stream.write(text)
            stream.flush()

    def _clean(self, text: str) -> str:
        return "\n".join(map(escape_control, self._session.console.redact(text).split("\n")))


def at_terminal(context: CommandContext) -> bool:
    """Say whether somebody can be asked."""
    return is_terminal(context.environment.stdin) and is_terminal(context.environment.stderr)


def secret_line(context: CommandContext, label: str) -> Secret:
    """Return a secret's line of standard input, or what is typed unseen at a terminal."""
    stream = context.environment.stdin
    if is_terminal(stream):
        found = Prompter(context).hidden(label)
    else:
        try:
            text = stream.readline().rstrip("\r\n") if stream is not None else ""
        except UnicodeDecodeError:
            raise UsageError(f"{label}: standard input holds no text") from None
        found = Secret(text) if text else None
        context.console.redact.add(text)
    if found is None:
        raise UsageError(f"{label}: standard input is empty", hint="give the secret as its line")
    return found
