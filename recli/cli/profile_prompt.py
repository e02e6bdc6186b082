"""The questions of `recli config init`: a provider, a name, and the keys that a profile needs."""

import re
from dataclasses import replace

from recli.cli.context import CommandContext
from recli.cli.init_options import InitOptions
from recli.cli.new_profile import (
    ConfigFile,
    NewProfile,
    NewSetting,
    available_name,
    parse_settings,
)
from recli.cli.prompts import PromptChoice, Prompter
from recli.config.edit import parse_setting
from recli.config.edit_profiles import find_profile
from recli.config.profile import ConfigLocation, SecretRef, Value
from recli.config.select import resolve_provider
from recli.errors import RecliError, UsageError
from recli.providers import names, provider_class
from recli.providers.base import Key
from recli.urls import cleartext_host
from recli.wire import Secret

_ENVIRONMENT = "environment"
_SECRET_PLACES = (
    PromptChoice(_ENVIRONMENT, "in an environment variable"),
    PromptChoice("file", "in the configuration file, which only you can read"),
)
_NEXT_STEPS = (
    PromptChoice("again", "answer once more"),
    PromptChoice("save", "write it all the same"),
    PromptChoice("stop", "write nothing"),
)


class ProfilePrompt:
    """Ask for one profile, and once more for what may be wrong with it."""

    def __init__(self, context: CommandContext, file: ConfigFile, options: InitOptions) -> None:
        self._prompter = Prompter(context)
        self._file = file
        self._options = options
        self._secret_place = _ENVIRONMENT
        self.say = self._prompter.say

    def profile(self) -> NewProfile:
        """Return the profile that the answers describe."""
        options = self._options
        self.say(f"A new profile in {self._file.path}")
        self.say("Nothing is written before the end; Ctrl-C stops.")
        if options.provider is not None:
            provider = resolve_provider(options.provider)
        else:
            choices = [PromptChoice(name, provider_class(name).title) for name in names()]
            provider = self._prompter.choose("Provider", choices)
        name, overwrite = self._name(provider)
        settings = parse_settings(options.values or (), provider, self._file.location(name))
        profile = NewProfile(name, provider, settings, overwrite, options.default)
        keys = [key for key in _likely_keys(provider, wider=False) if key.name not in settings]
        return self._with_answers(profile, keys)

    def again(self, profile: NewProfile, *, wider: bool) -> NewProfile:
        """Return the profile with its keys asked again; `wider`: optional ones as well."""
        return self._with_answers(profile, _likely_keys(profile.provider, wider=wider))

    def confirm_default(self, profile: NewProfile) -> NewProfile:
        """Ask whether the profile is to be the default, where that is open."""
        data = self._file.data()
        if profile.default or "default_profile" in data or not data.get("profiles"):
            return profile
        label = f"Use {profile.name} where no profile is named?"
        return replace(profile, default=self._prompter.confirm(label))

    def next_step(self, problem: str, error: RecliError) -> str:
        """Tell why a profile can't be used, and ask what to do: `again`, `save` or `stop`."""
        self.say(f"\n{problem}: {error.message}")
        if error.hint:
            self.say(f"  hint: {error.hint}")
        return self._prompter.choose("What now", _NEXT_STEPS, "again")

    def _name(self, provider: str) -> tuple[str, bool]:
        """Return the profile's name, and whether it replaces the one that has this name."""
        file, overwrite = self._file, self._options.overwrite
        if self._options.name is not None:
            return available_name(self._options.name, file, overwrite=overwrite), overwrite

        def parse(text: str) -> tuple[str, bool]:
            existing = find_profile(file.data(), text)
            if existing is not None and not overwrite:
                if not self._prompter.confirm(f"{existing} is there already. Replace it?"):
                    raise UsageError("give another name")
                return existing, True
            return available_name(text, file, overwrite=overwrite), overwrite

        default, number = provider, 1
        while find_profile(file.data(), default) is not None:
            number += 1
            default = f"{provider}-{number}"
        return self._prompter.ask("Name of the new profile", parse, default)

    def _with_answers(self, profile: NewProfile, keys: list[Key]) -> NewProfile:
        settings = dict(profile.settings)
        for key in keys:
            location = self._file.location(profile.name).at(key.name)
            old = settings.pop(key.name, None)
            if key.secret:
                settings[key.name] = self._secret(key, location)
                continue
            value = self._value(key, location, None if old is None else old.value)
            if value is not None:
                settings[key.name] = NewSetting(value)
        return replace(profile, settings=settings)

    def _value(self, key: Key, location: ConfigLocation, old: Value | None) -> Value | None:
        """Return the answer for a key that is no secret, None to leave it out."""

        def parse(text: str) -> Value | None:
            if not key.required and text == (key.default or ""):
                return None
            value = parse_setting(key, text, location)
            if key.name == "base_url" and isinstance(value, str):
                host = cleartext_host(value)
                if host is not None:
                    problem = f"credentials would go to {host} over plain http: give https://…"
                    raise UsageError(problem)
            return value

        example = f", such as {key.example}" if key.example else ""
        optional = "" if key.required else " (or nothing, to leave it out)"
        self.say(f"\n{key.about.rstrip('.')}{example}{optional}")
        default = self._file.environ.get(key.env or "", str(key.default or ""))
        if old is not None and not isinstance(old, SecretRef | Secret):
            default = str(old)
        return self._prompter.ask(key.name, parse, default)

    def _secret(self, key: Key, location: ConfigLocation) -> NewSetting:
        """Return where a secret is kept, and the secret itself if it is not there yet."""
        self.say(f"\n{key.about.rstrip('.')}: where is {key.name} to be kept?")
        self._secret_place = self._prompter.choose("Where", _SECRET_PLACES, self._secret_place)
        if self._secret_place != _ENVIRONMENT:
            secret = self._prompter.ask_secret(key.name)
            return NewSetting(parse_setting(key, secret, location))
        variable = self._prompter.ask(
            "Name of the variable",
            lambda text: text,
            key.env or re.sub(r"[-.]", "_", f"{location.profile}_{key.name}").upper(),
        )
        reference = parse_setting(key, f"env:{variable}", location)
        if self._file.environ.get(variable):
            return NewSetting(reference)
        self.say(f"{variable} is not set here, so its value is asked for once, to try it.")
        secret = self._prompter.ask_secret(key.name, optional=True)
        return NewSetting(reference, secret if secret.reveal() else None)


def _likely_keys(provider: str, *, wider: bool) -> list[Key]:
    """Return the keys that most profiles need; `wider`: also those that may mend one."""
    keys: tuple[Key, ...] = provider_class(provider).keys()
    return [
        key
        for key in keys
        if key.required
        or key.example
        or key.name == "timezone"  # a try does not show that it is needed
        or (wider and (key.name == "base_url" or key.default == ""))
    ]
