"""The archive: recordings kept in a folder, with their audio and the proof that it is whole.

It is driven from above: whoever lists recordings hands them over in batches. Nothing here lists,
prints or decides an exit code.
"""
