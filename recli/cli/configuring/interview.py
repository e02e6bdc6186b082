"""The questions of `recli config init`: from a person at a terminal to a profile.

What the flags say already is not asked. Wrong answers are told and asked for again.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from recli.cli.configuring.draft import Book, Draft
from recli.cli.configuring.flags import Flags, free_name, given, known_provider
from recli.cli.configuring.keeping import Kept, check_keyring
from recli.cli.configuring.questions import Choice, Questions
from recli.cli.session import Session
from recli.config.edit import written
from recli.config.spot import Spot
from recli.config.tables import Reference, Source, Value
from recli.config.urls import exposed
from recli.config.where import expand
from recli.errors import RecliError
from recli.providers import names, provider_class
from recli.providers.base import Key
from recli.wire import Secret

_HERE = "config"
_PLACES = (
    Choice(_HERE, "in the configuration file, which only you can read"),
    Choice("environment", "in an environment variable"),
    Choice("file", "in a file of its own"),
    Choice("keyring", "in the system's keyring"),
    Choice("command", "wherever a command gets it, such as: pass show NAME"),
)


class Interview:
    """Ask for one profile; `again` asks for what may be wrong of it once more."""

    def __init__(self, session: Session, book: Book, flags: Flags) -> None:
        self.questions = Questions(session)
        self._session = session
        self._book = book
        self._flags = flags

    def first(self) -> Draft:
        """Return the profile that the answers describe."""
        ask = self.questions
        ask.say(f"A new profile in {self._book.path}")
        ask.say("Nothing is written before the end; Ctrl-C stops.")
        provider = self._provider()
        name, overwrite = self._name(provider)
        spot = self._book.spot(name)
        flagged = given(self._flags, provider, spot, self._session)
        draft = Draft(name, provider, flagged, overwrite, self._flags.default)
        return replace(draft, kept=self._keys(draft, {}, wider=False))

    def again(self, draft: Draft, *, wider: bool) -> Draft:
        """Return the profile with its keys asked again; `wider`: optional ones as well."""
        return replace(draft, kept=self._keys(draft, draft.kept, wider=wider))

    def default(self, draft: Draft) -> Draft:
        """Ask whether the profile is to be the usual one, where that is open."""
        data = self._book.data()
        if draft.default or "default_profile" in data or not data.get("profiles"):
            return draft
        label = f"Use {draft.name} where no profile is named?"
        return replace(draft, default=self.questions.agree(label, usual=False))

    def _provider(self) -> str:
        if self._flags.provider is not None:
            return known_provider(self._flags.provider)
        self.questions.say()
        choices = [Choice(name, provider_class(name).title) for name in names()]
        return self.questions.choose("Provider", choices)

    def _name(self, provider: str) -> tuple[str, bool]:
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

    def _keys(self, draft: Draft, before: Mapping[str, Kept], *, wider: bool) -> dict[str, Kept]:
        spot = self._book.spot(draft.name)
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
                kept[key.name], usual_place = self._secret(key, spot, usual_place)
                continue
            value = self._open(key, spot, before.get(key.name))
            kept.pop(key.name, None)
            if value is not None:
                kept[key.name] = Kept(value)
        return kept

    def _open(self, key: Key, spot: Spot, before: Kept | None) -> Value | None:
        """Return the answer for a key that is no secret, None where it may stay away."""
        such = f", such as {key.example}" if key.example else ""
        none = "" if key.required else " (or nothing, to leave it out)"
        self.questions.say(f"\n{key.about.rstrip('.')}{such}{none}")
        usual = self._book.environ.get(key.env or "", str(key.default or ""))
        if before is not None and not isinstance(before.value, Reference | Secret):
            usual = str(before.value)
        while True:
            text = self.questions.ask(key.name, usual)
            if not key.required and text == (key.default or ""):
                return None
            try:
                value = written(key, text, spot.at(key.name))
            except RecliError as error:
                self._tell(error)
                continue
            host = exposed(value) if key.name == "base_url" and isinstance(value, str) else None
            if host is None:
                return value
            self.questions.say(f"credentials would go to {host} over plain http: give https://…")

    def _secret(self, key: Key, spot: Spot, usual: str) -> tuple[Kept, str]:
        """Return a secret with where it is kept, and that place's name."""
        ask = self.questions
        while True:
            ask.say(f"\n{key.about.rstrip('.')}: where is {key.name} to be kept?")
            seen = bool(key.env and self._book.environ.get(key.env))
            likely = usual or ("environment" if seen else _HERE)
            place = ask.choose("Where", _PLACES, likely)
            try:
                kept = self._kept(key, spot.at(key.name), place)
            except RecliError as error:
                self._tell(error)
                continue
            if kept is not None:
                return kept, place

    def _kept(self, key: Key, spot: Spot, place: str) -> Kept | None:
        match place:
            case "environment":
                return self._in_environment(key, spot)
            case "file":
                return self._in_file(key, spot)
            case "keyring":
                check_keyring(spot)
                name = self.questions.ask("Its name there", f"{spot.profile}.{key.name}")
                return self._stored(Reference(Source.KEYRING, name), key, spot)
            case "command":
                line = self.questions.ask("Command that prints it")
                return Kept(written(key, f"command:{line}", spot)) if line else None
            case _:
                secret = self._typed(key, spot)
                return Kept(secret, secret)

    def _in_environment(self, key: Key, spot: Spot) -> Kept:
        usual = key.env or f"{spot.profile}_{key.name}".upper().replace("-", "_").replace(".", "_")
        name = self.questions.ask("Name of the variable", usual)
        value = written(key, f"env:{name}", spot)
        if self._book.environ.get(name):
            return Kept(value)
        self.questions.say(f"{name} is not set here, so its value is asked for once, to try it.")
        return Kept(value, self.questions.hidden(f"{key.name} (not shown; or nothing)"))

    def _in_file(self, key: Key, spot: Spot) -> Kept:
        usual = str(self._book.folder / "secrets" / f"{spot.profile}.{key.name}")
        text = self.questions.ask("Path of the file", usual)
        value = written(key, f"file:{text}", spot)
        path: Path = expand(text, self._book.environ, self._book.folder)
        if path.exists() and not self.questions.agree(
            f"{path} is there. Replace what it holds?", usual=False
        ):
            return Kept(value)
        return self._stored(value, key, spot)

    def _stored(self, value: Value, key: Key, spot: Spot) -> Kept:
        return Kept(value, self._typed(key, spot), store=True)

    def _typed(self, key: Key, spot: Spot) -> Secret:
        while True:
            secret = self.questions.hidden(f"{key.name} (not shown)")
            if secret is None:
                self.questions.say("nothing was typed")
                continue
            written(key, secret, spot)
            return secret

    def _tell(self, error: RecliError) -> None:
        self.questions.say(error.message)
        if error.hint:
            self.questions.say(f"  hint: {error.hint}")


def _place(kept: Kept | None) -> str:
    """Return the name of the place that was chosen for a secret before, "" if none was."""
    if kept is None:
        return ""
    if not isinstance(kept.value, Reference):
        return _HERE
    return "environment" if kept.value.source is Source.ENV else kept.value.source.value
