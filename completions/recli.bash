# bash completion for recli (bash 4 or later). `recli __complete` knows what may follow.

_recli() {
  local program=${COMP_WORDS[0]/#\~/$HOME} word=${COMP_WORDS[COMP_CWORD]} head="" line
  local -a before=()
  COMPREPLY=()
  # --option=value is three words, or one where "=" is not in COMP_WORDBREAKS
  for line in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ $line == "=" ]] || before+=("$line")
  done
  [[ $word == --*=* ]] && head=${word%%=*}=
  while IFS= read -r line; do
    case $line in
      :files) compopt -o default ;;
      :folders) compopt -o dirnames ;;
      *) COMPREPLY+=("$head${line%%$'\t'*}") ;;
    esac
  done < <("$program" __complete "${before[@]}" "$word" 2>/dev/null)
  case ${#COMPREPLY[@]}$COMPREPLY in 1*[.=]) compopt -o nospace ;; esac
}

complete -F _recli recli
