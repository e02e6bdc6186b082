"""Local servers that imitate the five providers' APIs, with made-up recordings.

They implement the providers' documents a second time, independently: nothing here imports any
other part of recli, and only the command line starts it.
"""
