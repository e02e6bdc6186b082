"""Completion for zsh: one function for each command, with what `_arguments` has to know."""

from collections.abc import Iterator

from recli.cli.documents.commands import Command, Option, Values

_TOP = r"""#compdef recli
# zsh completion for recli; written by `python -m recli.cli.documents`: do not edit.

# Offer candidates that recli knows; $1 is what it is asked for.
_recli_ask() {
  local program=${~words_typed[1]} line name head=""
  local -a lines names open
  lines=("${(@f)$("$program" __complete $1 "${(Q)PREFIX}" "${(@Q)words_typed[2,-1]}" 2>/dev/null)}")
  if [[ $1 == columns && $PREFIX == *,* ]]; then
    head="${PREFIX%,*},"
    compset -P '*,'
  fi
  for line in $lines; do
    name=${${line%%$'\t'*}#$head}
    name=${name//:/\\:}
    [[ ${line#*$'\t'} != "" ]] && name+=:${line#*$'\t'}
    if [[ ${line%%$'\t'*} == *[.=] ]]; then open+=("$name"); else names+=("$name"); fi
  done
  local found=1
  (($#names)) && _describe -t $1 $1 names && found=0
  (($#open)) && _describe -t $1 $1 open -S '' && found=0
  return found
}
"""
_END = r"""
_recli() {
  local -a words_typed=("$words[@]")
  _recli_top "$@"
}

if [[ $funcstack[1] == _recli ]]; then
  _recli "$@"
else
  compdef _recli recli
fi
"""


def zsh(top: Command) -> str:
    """Return the text of `completions/_recli`."""
    return _TOP + "".join(_functions(top)) + _END


def _functions(top: Command) -> Iterator[str]:
    for command in top.all():
        yield f"\n{_name(command)}() {{\n"
        if command.commands:
            yield "  local curcontext=$curcontext state line\n"
            yield "  _arguments -C -s \\\n"
        else:
            yield "  _arguments -s \\\n"
        specs = [_spec(option) for option in command.options]
        if command.commands:
            specs += ["'1: :->command'", "'*:: :->rest'"]
        specs += [_argument(each, at + 1) for at, each in enumerate(command.arguments)]
        yield " \\\n".join(f"    {spec}" for spec in specs) + "\n"
        if command.commands:
            yield from _below(command)
        yield "}\n"


def _below(command: Command) -> Iterator[str]:
    yield "  case $state in\n    command)\n      local -a commands=(\n"
    for each in command.commands:
        yield f"        {_quoted(f'{each.path[-1]}:{each.brief}')}\n"
    yield "      )\n      _describe -t commands command commands ;;\n"
    yield "    rest)\n      case $line[1] in\n"
    for each in command.commands:
        yield f"        {each.path[-1]}) {_name(each)} ;;\n"
    yield "      esac ;;\n  esac\n"


def _spec(option: Option) -> str:
    about = option.brief.translate({ord("["): r"\[", ord("]"): r"\]", ord(":"): r"\:"})
    value = "" if option.values is Values.NONE else f":{option.metavar}:{_action(option)}"
    flags = [_flag(flag, option) for flag in option.flags]
    once = "" if option.repeatable else f"({' '.join(option.flags)})"
    tail = _quoted(f"[{about}]{value}")
    if len(flags) == 1:
        return f"{_quoted(once + ('*' if option.repeatable else '') + flags[0])}{tail}"
    head = _quoted(once + ("*" if option.repeatable else ""))
    return f"{head}{{{','.join(flags)}}}{tail}"


def _flag(flag: str, option: Option) -> str:
    if option.values is Values.NONE:
        return flag
    return f"{flag}=" if flag.startswith("--") else f"{flag}+"


def _argument(argument: Option, at: int) -> str:
    return _quoted(f"{at}:{argument.metavar}:{_action(argument)}")


def _action(option: Option) -> str:
    match option.values:
        case Values.CHOICE:
            return f"({' '.join(option.choices)})"
        case Values.ASKED:
            return f" _recli_ask {option.asked}"  # the space: called with nothing added
        case Values.FILE:
            return "_files"
        case Values.FOLDER:
            return "_files -/"
        case _:
            return " "


def _name(command: Command) -> str:
    return "_".join(("_recli", *command.path)) if command.path else "_recli_top"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'" if text else ""
