"""The configuration: from TOML, its secrets and the environment to profiles that can be used.

`load` finds and reads the file, `select` picks profiles, `secrets` fetches a picked profile's
secrets, `edit` changes the file's text and `render` writes tables for people. Nothing in here
prints, and no secret appears in an error or a `repr`.
"""
