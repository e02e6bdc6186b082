"""The command line: one module for each command, and what the commands share.

`main` turns errors into exit codes and signals into orderly ends, and nothing else does. Commands
import what they need when they run, so that help, versions, completion and mistakes come at once.
"""
