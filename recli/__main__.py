"""The way in: `recli` and `python -m recli`. Everything else happens in `recli.cli.main`."""


def run() -> None:
    """Run the command line of this process, and end the process with its exit code."""
    from recli.cli.main import run_process

    run_process()


if __name__ == "__main__":
    run()
