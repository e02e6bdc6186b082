"""The examples at the end of each command's help, by the command's name; the tests run them.

They work with `--sandbox`, or with the profiles that `recli config init` proposes.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Example:
    """A command line, and what it does if that isn't plain from its words."""

    line: str
    about: str = ""


_SHOW = Example("recli config show", "secrets are hidden")
_INIT = Example("recli config init", "asks for what it needs")
_SET = Example("recli config set timezone Europe/Rome")

EXAMPLES: Mapping[str, tuple[Example, Example, Example]] = {
    "recli": (
        Example("recli list --sandbox", "made-up recordings"),
        Example("recli list --since yesterday"),
        Example("recli export -o calls.csv --all --since 30d"),
    ),
    "recli list": (
        Example("recli list --sandbox --since 7d", "made-up recordings"),
        Example("recli list -p plivo --number '+1 415*' --min-duration 1m30s"),
        Example("recli list --all --since 2024-01-01 -f csv >calls.csv"),
    ),
    "recli export": (
        Example("recli export -o calls.csv --since 30d"),
        Example("recli export -o calls.jsonl.gz --all --overwrite"),
        Example("recli export --archive recordings --audio --all --since 7d"),
    ),
    "recli download": (
        Example("recli download -o calls --since 7d"),
        Example("recli download -o - -p plivo -n 1 >newest.audio", "one file to a pipe"),
        Example("recli list --min-duration 1m --since 7d | recli download -o long -"),
    ),
    "recli providers": (
        Example("recli providers"),
        Example("recli providers plivo", "with a profile to paste"),
        Example("recli providers --check", "tries all profiles"),
    ),
    "recli verify": (
        Example("recli verify recordings"),
        Example("recli verify recordings --quick", "lengths only"),
        Example("recli verify recordings --format json >findings.json"),
    ),
    "recli sandbox": (
        Example("recli sandbox", "until Ctrl-C"),
        Example("recli sandbox --port 8899"),
        Example("recli list --sandbox", "does it all by itself"),
    ),
    "recli config": (_INIT, _SHOW, _SET),
    "recli config init": (
        _INIT,
        Example(
            "recli config init -P plivo --name backup --non-interactive --no-check",
            "PLIVO_AUTH_ID and PLIVO_AUTH_TOKEN are set",
        ),
        Example("recli config init --config other.toml"),
    ),
    "recli config path": (
        Example("recli config path"),
        Example('ls -l "$(recli config path)"'),
        Example("recli config path --config other.toml"),
    ),
    "recli config show": (
        _SHOW,
        Example("recli config show --config other.toml"),
        Example("recli config show | grep provider"),
    ),
    "recli config get": (
        Example("recli config get timezone"),
        Example("recli config get profiles.plivo.timeout_s"),
        Example("recli config get default_profile --config other.toml"),
    ),
    "recli config set": (
        _SET,
        Example("recli config set profiles.plivo.auth_token env:PLIVO_AUTH_TOKEN"),
        Example("recli config set profiles.plivo.auth_token --stdin <token.txt"),
    ),
    "recli config unset": (
        Example("recli config unset timezone"),
        Example("recli config unset profiles.plivo.timeout_s"),
        Example("recli config unset default_profile --config other.toml"),
    ),
    "recli config rename": (
        Example("recli config rename plivo main"),
        Example("recli config rename yeastar pbx"),
        Example("recli config rename plivo main --config other.toml"),
    ),
    "recli config remove": (
        Example("recli config remove plivo"),
        Example("recli config remove yeastar"),
        Example("recli config remove plivo --config other.toml"),
    ),
    "recli config edit": (
        Example("recli config edit"),
        Example("EDITOR=nano recli config edit"),
        Example("recli config edit --config other.toml"),
    ),
}


def example_lines(command: str, indent: str = "") -> list[str]:
    """Return a command's examples as lines, what they do behind a `#`."""
    examples = EXAMPLES.get(command, ())
    width = max((len(example.line) for example in examples if example.about), default=0)
    return [
        f"{indent}{example.line.ljust(width)}  # {example.about}"
        if example.about
        else f"{indent}{example.line}"
        for example in examples
    ]
