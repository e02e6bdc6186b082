"""Benchmarks: what recli costs beside programs that send the same requests and do nothing else.

They are no tests and are not run by pytest: `python -m tests.bench` measures them all and prints
one table.
"""
