"""Rows on their way out: one module per format behind one `Writer`, and files that appear whole.

Nothing here fetches, filters or sorts; rows are written as they are given.
"""
