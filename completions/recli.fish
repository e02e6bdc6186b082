# fish completion for recli. `recli __complete` knows what may follow.

function __recli_complete
    set -l before (commandline -opc)
    set -l program (string replace -r '^~/' "$HOME/" -- $before[1])
    set -l word (commandline -ct)
    set -l head (string match -r -- '^--[^=]*=' "$word")
    set -l value (string replace -r -- '^--[^=]*=' '' "$word")
    set -e before[1]
    for line in ($program __complete $before "$word" 2>/dev/null)
        switch $line
            case :files
                __fish_complete_path "$value"
            case :folders
                __fish_complete_directories "$value"
            case '*'
                echo -- $line
        end
    end | string replace -r -- '^' "$head"
end

complete -c recli -f -k -a '(__recli_complete)'
