"""What is written from the program itself: completions, man page, parts of the README, picture.

`python -m recli.cli.documents` writes them in a checkout, `--check` compares. Nothing of it runs
for a user, but for `--install-completion` and `--show-completion`.
"""
