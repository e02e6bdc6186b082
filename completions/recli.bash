# bash completion for recli; written by `python -m recli.cli.documents`: do not edit.

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
      " list"|" export"|" providers"|" verify"|" sandbox"|" config"|" config init"|" config path"|" config show"|" config set") path+=" $each" ;;
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
    " list --profile"|" list -p"|" export --profile"|" export -p"|" providers --profile"|" providers -p")
      __recli_ask profiles "$word"; COMPREPLY=("${COMPREPLY[@]/#/$head}")
      return ;;
    " list --provider"|" list -P"|" export --provider"|" export -P"|" providers --provider"|" providers -P"|" config init --provider"|" config init -P")
      __recli_ask providers "$word"; COMPREPLY=("${COMPREPLY[@]/#/$head}")
      return ;;
    " list --config"|" list --report"|" list --log-file"|" export --config"|" export --report"|" export --log-file"|" export --output"|" export -o"|" providers --config"|" config init --config"|" config path --config"|" config show --config"|" config set --config")
      compopt -o default
      return ;;
    " list --since"|" export --since")
      COMPREPLY=($(compgen -W 'today yesterday 24h 7d 2w P1M' -P "$head" -- "$word"))
      return ;;
    " list --until"|" export --until")
      COMPREPLY=($(compgen -W 'now today yesterday 24h 7d' -P "$head" -- "$word"))
      return ;;
    " list --from"|" list --to"|" list --number"|" list --min-duration"|" list --max-duration"|" list --owner"|" list --call-id"|" list --limit"|" list -n"|" list --retries"|" list --timeout"|" list --max-wait"|" list --jobs"|" export --from"|" export --to"|" export --number"|" export --min-duration"|" export --max-duration"|" export --owner"|" export --call-id"|" export --limit"|" export -n"|" export --retries"|" export --timeout"|" export --max-wait"|" export --jobs"|" export --overlap"|" export --audio-retries"|" export --name-template"|" export --wait-lock"|" verify --jobs"|" sandbox --port"|" config init --name")
      :
      return ;;
    " list --direction"|" export --direction")
      COMPREPLY=($(compgen -W 'inbound outbound internal' -P "$head" -- "$word"))
      return ;;
    " list --state"|" export --state")
      COMPREPLY=($(compgen -W 'recording saving complete error' -P "$head" -- "$word"))
      return ;;
    " list --tz"|" export --tz")
      __recli_ask zones "$word"; COMPREPLY=("${COMPREPLY[@]/#/$head}")
      return ;;
    " list --columns"|" list -c"|" export --columns"|" export -c")
      __recli_ask columns "$word"; COMPREPLY=("${COMPREPLY[@]/#/$head}")
      return ;;
    " list --color"|" export --color")
      COMPREPLY=($(compgen -W 'auto always never' -P "$head" -- "$word"))
      return ;;
    " list --log-format"|" export --log-format")
      COMPREPLY=($(compgen -W 'text json' -P "$head" -- "$word"))
      return ;;
    " list --format"|" list -f")
      COMPREPLY=($(compgen -W 'table csv jsonl json' -P "$head" -- "$word"))
      return ;;
    " list --archive"|" export --archive")
      compopt -o dirnames
      return ;;
    " export --format"|" export -f")
      COMPREPLY=($(compgen -W 'csv jsonl json parquet' -P "$head" -- "$word"))
      return ;;
    " providers --format"|" providers -f"|" verify --format"|" verify -f")
      COMPREPLY=($(compgen -W 'table json' -P "$head" -- "$word"))
      return ;;
    " config init --set")
      __recli_ask settings "$word"; COMPREPLY=("${COMPREPLY[@]/#/$head}")
      return ;;
    " config init --secret-stdin")
      __recli_ask secrets "$word"; COMPREPLY=("${COMPREPLY[@]/#/$head}")
      return ;;
  esac
  if [[ $word == -* ]]; then
    case $path in
      "") COMPREPLY=($(compgen -W '--version --install-completion --show-completion --help -h' -- "$word")) ;;
      " list") COMPREPLY=($(compgen -W '--profile -p --provider -P --all -a --config --sandbox --since --until --from --to --number --direction --min-duration --max-duration --owner --call-id --state --limit -n --tz --columns -c --raw --no-csv-guard --retries --timeout --max-wait --jobs --quiet -q --verbose -v --color --report --log-file --log-format --format -f --summary --archive --help -h' -- "$word")) ;;
      " export") COMPREPLY=($(compgen -W '--profile -p --provider -P --all -a --config --sandbox --since --until --from --to --number --direction --min-duration --max-duration --owner --call-id --state --limit -n --tz --columns -c --raw --no-csv-guard --retries --timeout --max-wait --jobs --archive --audio --full --overlap --audio-retries --name-template --wait-lock --dry-run --quiet -q --verbose -v --color --report --log-file --log-format --output -o --format -f --overwrite --keep-partial --help -h' -- "$word")) ;;
      " providers") COMPREPLY=($(compgen -W '--check --format -f --profile -p --provider -P --all -a --config --sandbox --help -h' -- "$word")) ;;
      " verify") COMPREPLY=($(compgen -W '--quick --jobs --format -f --quiet -q --help -h' -- "$word")) ;;
      " sandbox") COMPREPLY=($(compgen -W '--port --help -h' -- "$word")) ;;
      " config") COMPREPLY=($(compgen -W '--help -h' -- "$word")) ;;
      " config init") COMPREPLY=($(compgen -W '--provider -P --name --set --secret-stdin --non-interactive --no-check --overwrite --default --config --help -h' -- "$word")) ;;
      " config path") COMPREPLY=($(compgen -W '--config --help -h' -- "$word")) ;;
      " config show") COMPREPLY=($(compgen -W '--config --help -h' -- "$word")) ;;
      " config set") COMPREPLY=($(compgen -W '--stdin --config --help -h' -- "$word")) ;;
    esac
    return
  fi
  case $path in
    "") COMPREPLY=($(compgen -W 'list export providers verify sandbox config' -P "$head" -- "$word")) ;;
    " providers") __recli_ask providers "$word"; COMPREPLY=("${COMPREPLY[@]/#/$head}") ;;
    " verify") compopt -o dirnames ;;
    " config") COMPREPLY=($(compgen -W 'init path show set' -P "$head" -- "$word")) ;;
    " config set") __recli_ask keys "$word"; COMPREPLY=("${COMPREPLY[@]/#/$head}") ;;
  esac
}

complete -F _recli recli
