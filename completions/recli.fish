# fish completion for recli; written by `python -m recli.cli.documents`: do not edit.

# Succeed where the command that is being typed is the one named.
function __recli_in
    set -l path
    for word in (commandline -opc)[2..-1]
        switch "$path $word"
            case ' list' ' export' ' providers' ' verify' ' sandbox' ' config' ' config init' ' config path' ' config show' ' config set'
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

complete -c recli -n "__recli_in ''" -a list -d 'List recordings, newest first'
complete -c recli -n "__recli_in ''" -a export -d 'Export recordings to a file, newest first, or into an archive with their audio'
complete -c recli -n "__recli_in ''" -a providers -d 'Show what each provider needs and can, and its limits'
complete -c recli -n "__recli_in ''" -a verify -d 'Prove an archive whole, or name what is not'
complete -c recli -n "__recli_in ''" -a sandbox -d 'Serve made-up recordings of all five providers'
complete -c recli -n "__recli_in ''" -a config -d 'Make, find, read and edit the configuration file'
complete -c recli -n "__recli_in ''" -l version -d 'Show the version'
complete -c recli -n "__recli_in ''" -l install-completion -d 'Complete in the shell that runs this'
complete -c recli -n "__recli_in ''" -l show-completion -d 'Show the script that does it'
complete -c recli -n "__recli_in ''" -l help -s h -d 'Show this message and exit'

complete -c recli -n "__recli_in ' list'" -l profile -s p -r -f -a '(__recli_ask profiles)' -d 'A profile of the configuration'
complete -c recli -n "__recli_in ' list'" -l provider -s P -r -f -a '(__recli_ask providers)' -d 'All profiles of a provider'
complete -c recli -n "__recli_in ' list'" -l all -s a -d 'All profiles'
complete -c recli -n "__recli_in ' list'" -l config -r -F -d 'The configuration file'
complete -c recli -n "__recli_in ' list'" -l sandbox -d 'Made-up recordings of all five providers, served on this machine'
complete -c recli -n "__recli_in ' list'" -l since -r -f -a 'today yesterday 24h 7d 2w P1M' -d 'Started at or after'
complete -c recli -n "__recli_in ' list'" -l until -r -f -a 'now today yesterday 24h 7d' -d 'Started before'
complete -c recli -n "__recli_in ' list'" -l from -r -f -d 'Caller'
complete -c recli -n "__recli_in ' list'" -l to -r -f -d 'Called party'
complete -c recli -n "__recli_in ' list'" -l number -r -f -d 'Either side'
complete -c recli -n "__recli_in ' list'" -l direction -r -f -a 'inbound outbound internal' -d 'inbound, outbound or internal'
complete -c recli -n "__recli_in ' list'" -l min-duration -r -f -d 'At least so long'
complete -c recli -n "__recli_in ' list'" -l max-duration -r -f -d 'At most so long'
complete -c recli -n "__recli_in ' list'" -l owner -r -f -d 'Whose call it was'
complete -c recli -n "__recli_in ' list'" -l call-id -r -f -d 'The provider\'s id of the call'
complete -c recli -n "__recli_in ' list'" -l state -r -f -a 'recording saving complete error' -d 'recording, saving, complete or error'
complete -c recli -n "__recli_in ' list'" -l limit -s n -r -f -d 'The newest N'
complete -c recli -n "__recli_in ' list'" -l tz -r -f -a '(__recli_ask zones)' -d 'Zone of times in tables, and of times given without an offset'
complete -c recli -n "__recli_in ' list'" -l columns -s c -r -f -a '(__recli_ask columns)' -d 'Fields in this order'
complete -c recli -n "__recli_in ' list'" -l raw -d 'Add the provider\'s own object'
complete -c recli -n "__recli_in ' list'" -l no-csv-guard -d 'Leave text in CSV that a spreadsheet would run as a formula without a \' before it'
complete -c recli -n "__recli_in ' list'" -l retries -r -f -d 'Further tries of a request that failed'
complete -c recli -n "__recli_in ' list'" -l timeout -r -f -d 'Longest silence of a server'
complete -c recli -n "__recli_in ' list'" -l max-wait -r -f -d 'Longest time that a profile waits in all, between tries'
complete -c recli -n "__recli_in ' list'" -l jobs -r -f -d 'Requests at a time for each profile'
complete -c recli -n "__recli_in ' list'" -l quiet -s q -d 'No progress and no notes'
complete -c recli -n "__recli_in ' list'" -l verbose -s v -d 'Each request on standard error'
complete -c recli -n "__recli_in ' list'" -l color -r -f -a 'auto always never' -d 'auto, always or never'
complete -c recli -n "__recli_in ' list'" -l report -r -F -d 'Write how the run went as JSON, also when it fails'
complete -c recli -n "__recli_in ' list'" -l log-file -r -F -d 'Add everything that is told, each request included'
complete -c recli -n "__recli_in ' list'" -l log-format -r -f -a 'text json' -d 'text or json'
complete -c recli -n "__recli_in ' list'" -l format -s f -r -f -a 'table csv jsonl json' -d 'table, csv, jsonl or json'
complete -c recli -n "__recli_in ' list'" -l summary -d 'Instead of rows, how many recordings and hours there are by profile, direction and day'
complete -c recli -n "__recli_in ' list'" -l archive -r -f -a '(__fish_complete_directories (commandline -ct))' -d 'List what this archive holds, without a network'
complete -c recli -n "__recli_in ' list'" -l help -s h -d 'Show this message and exit'

complete -c recli -n "__recli_in ' export'" -l profile -s p -r -f -a '(__recli_ask profiles)' -d 'A profile of the configuration'
complete -c recli -n "__recli_in ' export'" -l provider -s P -r -f -a '(__recli_ask providers)' -d 'All profiles of a provider'
complete -c recli -n "__recli_in ' export'" -l all -s a -d 'All profiles'
complete -c recli -n "__recli_in ' export'" -l config -r -F -d 'The configuration file'
complete -c recli -n "__recli_in ' export'" -l sandbox -d 'Made-up recordings of all five providers, served on this machine'
complete -c recli -n "__recli_in ' export'" -l since -r -f -a 'today yesterday 24h 7d 2w P1M' -d 'Started at or after'
complete -c recli -n "__recli_in ' export'" -l until -r -f -a 'now today yesterday 24h 7d' -d 'Started before'
complete -c recli -n "__recli_in ' export'" -l from -r -f -d 'Caller'
complete -c recli -n "__recli_in ' export'" -l to -r -f -d 'Called party'
complete -c recli -n "__recli_in ' export'" -l number -r -f -d 'Either side'
complete -c recli -n "__recli_in ' export'" -l direction -r -f -a 'inbound outbound internal' -d 'inbound, outbound or internal'
complete -c recli -n "__recli_in ' export'" -l min-duration -r -f -d 'At least so long'
complete -c recli -n "__recli_in ' export'" -l max-duration -r -f -d 'At most so long'
complete -c recli -n "__recli_in ' export'" -l owner -r -f -d 'Whose call it was'
complete -c recli -n "__recli_in ' export'" -l call-id -r -f -d 'The provider\'s id of the call'
complete -c recli -n "__recli_in ' export'" -l state -r -f -a 'recording saving complete error' -d 'recording, saving, complete or error'
complete -c recli -n "__recli_in ' export'" -l limit -s n -r -f -d 'The newest N'
complete -c recli -n "__recli_in ' export'" -l tz -r -f -a '(__recli_ask zones)' -d 'Zone of times in tables, and of times given without an offset'
complete -c recli -n "__recli_in ' export'" -l columns -s c -r -f -a '(__recli_ask columns)' -d 'Fields in this order'
complete -c recli -n "__recli_in ' export'" -l raw -d 'Add the provider\'s own object'
complete -c recli -n "__recli_in ' export'" -l no-csv-guard -d 'Leave text in CSV that a spreadsheet would run as a formula without a \' before it'
complete -c recli -n "__recli_in ' export'" -l retries -r -f -d 'Further tries of a request that failed'
complete -c recli -n "__recli_in ' export'" -l timeout -r -f -d 'Longest silence of a server'
complete -c recli -n "__recli_in ' export'" -l max-wait -r -f -d 'Longest time that a profile waits in all, between tries'
complete -c recli -n "__recli_in ' export'" -l jobs -r -f -d 'Requests at a time for each profile'
complete -c recli -n "__recli_in ' export'" -l archive -r -f -a '(__fish_complete_directories (commandline -ct))' -d 'Keep recordings in this archive'
complete -c recli -n "__recli_in ' export'" -l audio -d 'Also fetch the sound'
complete -c recli -n "__recli_in ' export'" -l full -d 'List everything again, not only what may be new, and try audio again that was given up or is no longer there'
complete -c recli -n "__recli_in ' export'" -l overlap -r -f -d 'How far behind the last complete listing a new one starts'
complete -c recli -n "__recli_in ' export'" -l audio-retries -r -f -d 'Runs in which a recording\'s audio may fail before it is given up'
complete -c recli -n "__recli_in ' export'" -l name-template -r -f -d 'Where audio lies, over the row\'s fields'
complete -c recli -n "__recli_in ' export'" -l wait-lock -r -f -d 'How long to wait for another run that writes to the archive'
complete -c recli -n "__recli_in ' export'" -l dry-run -d 'Only say what a run would add, and the room on the disk'
complete -c recli -n "__recli_in ' export'" -l quiet -s q -d 'No progress and no notes'
complete -c recli -n "__recli_in ' export'" -l verbose -s v -d 'Each request on standard error'
complete -c recli -n "__recli_in ' export'" -l color -r -f -a 'auto always never' -d 'auto, always or never'
complete -c recli -n "__recli_in ' export'" -l report -r -F -d 'Write how the run went as JSON, also when it fails'
complete -c recli -n "__recli_in ' export'" -l log-file -r -F -d 'Add everything that is told, each request included'
complete -c recli -n "__recli_in ' export'" -l log-format -r -f -a 'text json' -d 'text or json'
complete -c recli -n "__recli_in ' export'" -l output -s o -r -F -d 'Where to'
complete -c recli -n "__recli_in ' export'" -l format -s f -r -f -a 'csv jsonl json parquet' -d 'csv, jsonl, json or parquet, whatever the extension'
complete -c recli -n "__recli_in ' export'" -l overwrite -d 'Replace FILE if it is there'
complete -c recli -n "__recli_in ' export'" -l keep-partial -d 'Keep the file also if some of what was asked for is missing (exit code 3)'
complete -c recli -n "__recli_in ' export'" -l help -s h -d 'Show this message and exit'

complete -c recli -n "__recli_in ' providers'" -f -a '(__recli_ask providers)' -d 'One provider, in detail'
complete -c recli -n "__recli_in ' providers'" -l check -d 'Try the configured profiles, all or the chosen ones, with one request each'
complete -c recli -n "__recli_in ' providers'" -l format -s f -r -f -a 'table json' -d 'table or json'
complete -c recli -n "__recli_in ' providers'" -l profile -s p -r -f -a '(__recli_ask profiles)' -d 'A profile of the configuration'
complete -c recli -n "__recli_in ' providers'" -l provider -s P -r -f -a '(__recli_ask providers)' -d 'All profiles of a provider'
complete -c recli -n "__recli_in ' providers'" -l all -s a -d 'All profiles'
complete -c recli -n "__recli_in ' providers'" -l config -r -F -d 'The configuration file'
complete -c recli -n "__recli_in ' providers'" -l sandbox -d 'Made-up recordings of all five providers, served on this machine'
complete -c recli -n "__recli_in ' providers'" -l help -s h -d 'Show this message and exit'

complete -c recli -n "__recli_in ' verify'" -f -a '(__fish_complete_directories (commandline -ct))' -d 'The archive'
complete -c recli -n "__recli_in ' verify'" -l quick -d 'Compare lengths only, not contents'
complete -c recli -n "__recli_in ' verify'" -l jobs -r -f -d 'Files read at a time'
complete -c recli -n "__recli_in ' verify'" -l format -s f -r -f -a 'table json' -d 'table or json'
complete -c recli -n "__recli_in ' verify'" -l quiet -s q -d 'No progress and no closing line'
complete -c recli -n "__recli_in ' verify'" -l help -s h -d 'Show this message and exit'

complete -c recli -n "__recli_in ' sandbox'" -l port -r -f -d 'The port to serve on'
complete -c recli -n "__recli_in ' sandbox'" -l help -s h -d 'Show this message and exit'

complete -c recli -n "__recli_in ' config'" -a init -d 'Make a profile: ask for what it needs, try it with one request, write it down'
complete -c recli -n "__recli_in ' config'" -a path -d 'Print where the configuration file is, or would be'
complete -c recli -n "__recli_in ' config'" -a show -d 'Print the configuration, its secrets hidden'
complete -c recli -n "__recli_in ' config'" -a set -d 'Change a key of the configuration file; its comments stay'
complete -c recli -n "__recli_in ' config'" -l help -s h -d 'Show this message and exit'

complete -c recli -n "__recli_in ' config init'" -l provider -s P -r -f -a '(__recli_ask providers)' -d 'Whose recordings'
complete -c recli -n "__recli_in ' config init'" -l name -r -f -d 'Name of the profile'
complete -c recli -n "__recli_in ' config init'" -l set -r -f -a '(__recli_ask settings)' -d 'A key'
complete -c recli -n "__recli_in ' config init'" -l secret-stdin -r -f -a '(__recli_ask secrets)' -d 'A secret that is the next line of standard input'
complete -c recli -n "__recli_in ' config init'" -l non-interactive -d 'Ask nothing'
complete -c recli -n "__recli_in ' config init'" -l no-check -d 'Write it without trying it'
complete -c recli -n "__recli_in ' config init'" -l overwrite -d 'Replace a profile that has this name'
complete -c recli -n "__recli_in ' config init'" -l default -d 'Use it where no profile is named, as the first one is anyway'
complete -c recli -n "__recli_in ' config init'" -l config -r -F -d 'Another file than the usual one'
complete -c recli -n "__recli_in ' config init'" -l help -s h -d 'Show this message and exit'

complete -c recli -n "__recli_in ' config path'" -l config -r -F -d 'Another file than the usual one'
complete -c recli -n "__recli_in ' config path'" -l help -s h -d 'Show this message and exit'

complete -c recli -n "__recli_in ' config show'" -l config -r -F -d 'Another file than the usual one'
complete -c recli -n "__recli_in ' config show'" -l help -s h -d 'Show this message and exit'

complete -c recli -n "__recli_in ' config set'" -f -a '(__recli_ask keys)' -d 'default_profile, timezone, or a profile\'s'
complete -c recli -n "__recli_in ' config set'" -l stdin -d 'Read the value from standard input'
complete -c recli -n "__recli_in ' config set'" -l config -r -F -d 'Another file than the usual one'
complete -c recli -n "__recli_in ' config set'" -l help -s h -d 'Show this message and exit'
