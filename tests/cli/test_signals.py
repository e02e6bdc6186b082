import subprocess
import sys

TRAP = """
import signal, threading
from recli.cli import signals

class Trap:
    def __del__(self):
        signal.raise_signal(signal.SIGTERM)

signals.install()
Trap()
try:
    threading.Event().wait(20)
except signals.Terminated as end:
    print(int(end.code))
"""


def test_a_signal_that_python_drops_in_a_finalizer_is_not_lost():
    done = subprocess.run([sys.executable, "-c", TRAP], capture_output=True, text=True, check=False)

    assert (done.stdout, done.stderr) == ("143\n", "")
