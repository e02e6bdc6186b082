"""Completion for bash 4 and later: one function with what every command takes."""

from collections.abc import Iterator
from shlex import quote

from recli.cli.documents.commands import Command, Option, Values

_TOP = r"""# bash completion for recli; written by `python -m recli.cli.documents`: do not edit.

# Put candidates that recli knows into COMPREPLY: what it is asked for, the word so far.
__recli_ask() {
  local program=${COMP_WORDS[0]/#\~/$HOME} line
  while IFS= read -r line; do
    COMPREPLY+=("${line%%$'\t'*}")
  done < <("$program" __complete "$1" "$2" "${COMP_WORDS[@]:1}" 2>/dev/null)
  case ${#COMPREPLY[@]}$COMPREPLY in 1*[.=]) compopt -o nospace ;; esac
}

_recli() {
  local word=${COMP_WORDS[COMP_CWORD]} before="" path="" option="" head="" each
  COMPREPLY=()
  ((COMP_CWORD > 0)) && before=${COMP_WORDS[COMP_CWORD - 1]}
  for each in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$path $each" in
      @PATHS@) path+=" $each" ;;
    esac
  done
  # --option=value comes as three words, or as one where "=" is no word break
  if [[ $word == "=" ]]; then
    option=$before word=""
  elif [[ $before == "=" ]]; then
    option=${COMP_WORDS[COMP_CWORD - 2]}
  elif [[ $word == --*=* ]]; then
    option=${word%%=*} head=${word%%=*}= word=${word#*=}
  elif [[ $before == -* ]]; then
    option=$before
  fi
  case "$path $option" in
"""
_END = r"""  esac
  if [[ $word == -* ]]; then
    case $path in
@OPTIONS@
    esac
    return
  fi
  case $path in
@WORDS@
  esac
}

complete -F _recli recli
"""
_FILL = 'COMPREPLY=($(compgen -W {choices} -P "$head" -- "$word"))'


def bash(top: Command) -> str:
    """Return the text of `completions/recli.bash`."""
    paths = "|".join(f'" {" ".join(each.path)}"' for each in top.all() if each.path)
    end = _END.replace("@OPTIONS@", "\n".join(_options(top)))
    end = end.replace("@WORDS@", "\n".join(_words(top)))
    return _TOP.replace("@PATHS@", paths) + "".join(f"{line}\n" for line in _values(top)) + end


def _values(top: Command) -> Iterator[str]:
    """Yield what completes each option's value; the same for many commands in one line."""
    grouped: dict[str, list[str]] = {}
    for command in top.all():
        for option in command.options:
            if option.values is not Values.NONE:
                places = grouped.setdefault(_fill(option), [])
                places += [f'"{_path(command)} {flag}"' for flag in option.flags]
    for fill, places in grouped.items():
        yield f"    {'|'.join(places)})"
        yield f"      {fill}"
        yield "      return ;;"


def _fill(option: Option) -> str:
    match option.values:
        case Values.CHOICE:
            return _FILL.format(choices=quote(" ".join(option.choices)))
        case Values.ASKED:
            then = ' COMPREPLY=("${COMPREPLY[@]/#/$head}")'
            return f'__recli_ask {option.asked} "$word";{then}'
        case Values.FILE:
            return "compopt -o default"
        case Values.FOLDER:
            return "compopt -o dirnames"
        case _:
            return ":"


def _options(top: Command) -> Iterator[str]:
    for command in top.all():
        flags = " ".join(flag for option in command.options for flag in option.flags)
        yield f'      "{_path(command)}") COMPREPLY=($(compgen -W {quote(flags)} -- "$word")) ;;'


def _words(top: Command) -> Iterator[str]:
    for command in top.all():
        if command.commands:
            names = " ".join(each.path[-1] for each in command.commands)
            fill = _FILL.format(choices=quote(names))
        elif command.arguments:
            fill = _fill(command.arguments[0])
        else:
            continue
        yield f'    "{_path(command)}") {fill} ;;'


def _path(command: Command) -> str:
    return "".join(f" {name}" for name in command.path)
