"""Completion for fish: one line for each option of each command."""

from collections.abc import Iterator

from recli.cli.documents.commands import Command, Option, Values

_TOP = r"""# fish completion for recli; written by `python -m recli.cli.documents`: do not edit.

# Succeed where the command that is being typed is the one named.
function __recli_in
    set -l path
    for word in (commandline -opc)[2..-1]
        switch "$path $word"
            case @PATHS@
                set path "$path $word"
        end
    end
    test "$path" = "$argv[1]"
end

# Print candidates that recli knows; $argv[1] is what it is asked for.
function __recli_ask
    set -l line (commandline -opc)
    set -l word (commandline -ct | string replace -r '^--[^=]*=' '')
    set -l program (string replace -r '^~' $HOME -- $line[1])
    $program __complete $argv[1] "$word" $line[2..-1] 2>/dev/null
end

complete -c recli -f
"""


def fish(top: Command) -> str:
    """Return the text of `completions/recli.fish`."""
    paths = " ".join(f"' {' '.join(each.path)}'" for each in top.all() if each.path)
    return _TOP.replace("@PATHS@", paths) + "".join(f"{line}\n" for line in _lines(top))


def _lines(top: Command) -> Iterator[str]:
    for command in top.all():
        path = "".join(f" {name}" for name in command.path)
        within = f"complete -c recli -n \"__recli_in '{path}'\""
        yield ""
        for each in command.commands:
            yield f"{within} -a {each.path[-1]} -d {_quoted(each.brief)}"
        for argument in command.arguments[:1]:
            if argument.values not in {Values.FREE, Values.NONE}:
                yield f"{within} {_action(argument)} -d {_quoted(argument.brief)}"
        for option in command.options:
            flags = " ".join(_flag(flag) for flag in option.flags)
            action = "" if option.values is Values.NONE else f" -r {_action(option)}"
            yield f"{within} {flags}{action} -d {_quoted(option.brief)}"


def _flag(flag: str) -> str:
    return f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}"


def _action(option: Option) -> str:
    match option.values:
        case Values.CHOICE:
            return f"-f -a {_quoted(' '.join(option.choices))}"
        case Values.ASKED:
            return f"-f -a '(__recli_ask {option.asked})'"
        case Values.FILE:
            return "-F"
        case Values.FOLDER:
            return "-f -a '(__fish_complete_directories (commandline -ct))'"
        case _:
            return "-f"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
