"""What recli's exit codes, variables and files mean, as man page and README say it."""

from collections.abc import Mapping

from recli.errors import ExitCode

EXIT_CODES: Mapping[ExitCode, str] = {
    ExitCode.OK: "Done; also when nothing matched, and when the reader closed the pipe.",
    ExitCode.FAULT: "A fault in recli itself.",
    ExitCode.USAGE: "Wrong usage or configuration; nothing was sent.",
    ExitCode.PARTIAL: "Partial: some rows or audio were delivered, some are missing; standard error"
    " and `--report` say which.",
    ExitCode.REFUSED: "Credentials refused; nothing was delivered.",
    ExitCode.FAILED: "The provider or the network failed; nothing was delivered.",
    ExitCode.INTERRUPTED: "Interrupted (Ctrl-C); files are whole, an archive can be run again.",
    ExitCode.TERMINATED: "Terminated (SIGTERM); the same.",
}

VARIABLES: Mapping[str, str] = {
    "RECLI_CONFIG": "The configuration file, where `--config` is not given.",
    "XDG_CONFIG_HOME": "The folder of `recli/config.toml`, where neither is given; else"
    " `~/.config`.",
    "XDG_STATE_HOME": "The folder of `recli/tokens`, where access tokens of Yeastar are kept;"
    " else `~/.local/state`.",
    "PLIVO_AUTH_ID, PLIVO_AUTH_TOKEN": "Make a profile `plivo` where the configuration has none"
    " of that provider.",
    "BANDWIDTH_USER_ID, BANDWIDTH_API_TOKEN, BANDWIDTH_API_SECRET": "The same for `bandwidth`.",
    "NO_COLOR": "With any value, no colour; `--color` overrules it.",
    "COLUMNS": "The width of tables, in place of the terminal's.",
    "TZ": "The zone of times without an offset, where neither `--tz` nor the configuration says"
    " one.",
    "RECLI_DEBUG": "With any value, a fault in recli (exit code 1) shows where it happened.",
}
