"""Loopback stand-ins of the five providers, for trying recli and for testing it.

They are a second reading of the providers' documents: nothing here imports any other part of
recli, and only the command line starts it. Import from `recli.sandbox.server`, `.behaviour` and
`.account`; importing this package alone costs nothing.
"""
