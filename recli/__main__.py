"""The way in: `recli` and `python -m recli`. Everything else happens in `recli.cli.main`."""


def run() -> None:
    """Run the command line of this process, and end the process with its exit code."""
    import signal

    # An interrupt while the first modules load ends the process as the shell expects, without
    # Python's traceback; from then on `recli.cli.signals` sees to it.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from recli.cli.main import run_process

    run_process()


if __name__ == "__main__":
    run()
