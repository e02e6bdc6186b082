"""The archive: recordings kept in a folder, with their audio and the proof that it is whole.

The catalog (SQLite) has a row for every recording; the manifest, a chained log, has a line for
every audio file. Callers list recordings and add them in batches: nothing in this package lists,
prints or decides an exit code.
"""

DEFAULT_OVERLAP_HOURS = 48
"""How far behind the end of the last complete listing the next one begins."""
DEFAULT_AUDIO_RETRIES = 5
"""Runs in which a recording's audio may fail before it is given up."""
