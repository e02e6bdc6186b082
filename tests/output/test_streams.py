import gzip
import io
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from recli.errors import OutputError, UsageError
from recli.files import OutputStream, buffered
from recli.output.streams import stdout_stream, text_stream, write_text

_PROGRAM = """
import sys
from recli.output.streams import write_text, stdout_stream
stream = stdout_stream(sys.stdout)
write_text(stream, {text!a})
stream.close()
"""


def _run(text: str, **environment: str) -> bytes:
    return subprocess.run(
        [sys.executable, "-c", _PROGRAM.format(text=text)],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        check=True,
    ).stdout


@pytest.mark.parametrize(
    "environment",
    [
        {"LANG": "C", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
        {"PYTHONIOENCODING": "latin-1"},
    ],
)
def test_standard_output_is_utf8_whatever_the_locale(environment: dict[str, str]) -> None:
    assert _run("é\u2028\ud800\r\n", **environment) == "é\u2028\ufffd\r\n".encode()


def test_a_closed_standard_output_is_refused() -> None:
    with pytest.raises(UsageError, match="standard output is closed"):
        stdout_stream(None)


def test_closing_the_stream_leaves_standard_output_open_and_in_order() -> None:
    reader, stdout = _pipe()
    stdout.write("first ")

    with stdout_stream(stdout) as stream:
        write_text(stream, "second ")
    stdout.write("third")
    stdout.close()

    assert os.read(reader, 100) == b"first second third"
    os.close(reader)


def test_a_stand_in_for_standard_output_gets_utf8_and_stays_open() -> None:
    below = io.BytesIO()
    stand_in = io.TextIOWrapper(below, encoding="ascii", newline="\r\n")

    with stdout_stream(stand_in) as stream:
        write_text(stream, "é\n")

    assert below.getvalue() == "é\n".encode()


def test_a_stand_in_of_text_alone_is_used_as_it_is() -> None:
    stand_in = io.StringIO()

    assert stdout_stream(stand_in) is stand_in


def _pipe() -> tuple[int, io.TextIOWrapper]:
    reader, writer = os.pipe()
    return reader, open(writer, "w", encoding="utf-8")  # noqa: PTH123


@pytest.mark.parametrize("act", ["write", "flush", "close"])
def test_a_closed_pipe_comes_out_as_such_and_once(act: str) -> None:
    reader, stdout = _pipe()
    stream = stdout_stream(stdout)
    os.close(reader)
    if act != "write":
        stream.write("x")

    with pytest.raises(BrokenPipeError):
        stream.write("x" * 1_000_000) if act == "write" else getattr(stream, act)()

    stream.close()
    stdout.close()


def test_a_slow_reader_of_a_non_blocking_pipe_gets_everything() -> None:
    reader, stdout = _pipe()
    os.set_blocking(stdout.fileno(), False)
    stream = stdout_stream(stdout)
    received: list[bytes] = []

    def read() -> None:
        while part := os.read(reader, 65_536):
            received.append(part)

    thread = threading.Thread(target=read)
    thread.start()
    write_text(stream, "x" * 3_000_000)
    stream.close()
    stdout.close()
    thread.join()
    os.close(reader)

    assert len(b"".join(received)) == 3_000_000


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_full_disk_behind_standard_output_is_named() -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:  # noqa: PTH123
        stream = stdout_stream(full)
        write_text(stream, "x")

        with pytest.raises(OutputError, match="standard output: No space left on device"):
            stream.flush()

        stream.close()


class _Broken(io.BytesIO):
    def write(self, data: object, /) -> int:
        raise OSError(5, "Input/output error")


def test_after_a_failure_the_rest_is_dropped_and_the_sink_says_so() -> None:
    sink = OutputStream(_Broken(), "rows.csv", owned=True)
    stream = buffered(sink)
    stream.write(b"x")

    with pytest.raises(OutputError, match=r"rows\.csv: Input/output error"):
        stream.flush()

    stream.close()
    assert sink.failed


def test_text_streams_leave_the_stream_below_open_and_keep_line_ends() -> None:
    below = io.BytesIO()

    with text_stream(below) as text:
        write_text(text, "a\r\nb\né")

    assert below.getvalue() == "a\r\nb\né".encode()


def test_compressed_text_is_the_same_bytes_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    outputs = []
    for second in (1, 2_000_000_000):
        monkeypatch.setattr("time.time", lambda second=second: second)
        below = io.BytesIO()
        with text_stream(below, gz=True) as text:
            write_text(text, "é\n" * 1_000)
        outputs.append(below.getvalue())

    assert outputs[0] == outputs[1]
    assert gzip.decompress(outputs[0]) == "é\n".encode() * 1_000


def test_the_stream_says_what_its_descriptor_is() -> None:
    reader, stdout = _pipe()
    stream = stdout_stream(stdout)

    assert stream.fileno() == stdout.fileno()
    assert not stream.isatty()

    stream.close()
    stdout.close()
    os.close(reader)


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="terminals of Unix")
def test_a_terminal_is_still_one() -> None:
    outer, inner = os.openpty()
    with open(inner, "w", encoding="utf-8") as stdout:  # noqa: PTH123
        stream = stdout_stream(stdout)

        assert stream.isatty()

        stream.close()
    os.close(outer)


def test_a_standard_output_that_takes_no_rows_is_an_output_error(tmp_path: Path) -> None:
    path = tmp_path / "read-only"
    path.write_bytes(b"")
    with path.open(encoding="utf-8") as stdin:
        stream = stdout_stream(stdin)
        write_text(stream, "x")

        with pytest.raises(OutputError, match="standard output: Bad file descriptor"):
            stream.flush()

        stream.close()
