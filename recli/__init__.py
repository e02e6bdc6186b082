"""List and export call recordings, complete and whole.

The package's layers, from the top: cli, archive and engine, config and output, drive and
transport, providers, paging, timespec and wire, model, errors. Each imports only what stands
below it.
"""

__version__ = "0.1.0"
