"""The configuration: from TOML, its secrets and the environment to profiles that can be used.

`where.locate` finds the file, `read.load` reads it, `choose.choose` picks profiles by what the
command line says, and `resolve.resolve` fetches a picked profile's secrets. `edit` changes the
file's text, `private` puts it on disk, `render` and `example` write tables for people. Nothing in
here prints, and no secret stands in any error or `repr`.
"""
