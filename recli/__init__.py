"""List and export call recordings, complete and whole.

The package's layers, from the top: cli, archive and engine, config and output, transport,
providers, paging, times, wire, redact and files, text, model, errors. Each imports only from
below it.
"""

__version__ = "0.1.0"
