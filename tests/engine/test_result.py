import pytest

from recli.engine.result import ProfileResult, exit_code
from recli.errors import Denied, ExitCode, ProviderError, Refused


def fine(rows=0):
    return ProfileResult("fine", "plivo", rows=rows)


def refused(rows=0):
    return ProfileResult("refused", "plivo", rows=rows, error=Refused("plivo", "no"))


def denied():
    return ProfileResult("denied", "plivo", error=Denied("plivo", "no"))


def failed(rows=0):
    return ProfileResult("failed", "plivo", rows=rows, error=ProviderError("plivo", "no"))


def short(rows=0):
    return ProfileResult("short", "plivo", rows=rows, gaps=["a window"])


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ([], ExitCode.OK),
        ([fine()], ExitCode.OK),
        ([fine(3), fine()], ExitCode.OK),
        ([refused(), fine(3)], ExitCode.PARTIAL),
        ([refused(), fine()], ExitCode.PARTIAL),
        ([failed(), fine()], ExitCode.PARTIAL),
        ([failed(3)], ExitCode.PARTIAL),
        ([refused(3)], ExitCode.PARTIAL),
        ([failed(3), refused()], ExitCode.PARTIAL),
        ([short(3)], ExitCode.PARTIAL),
        ([short()], ExitCode.PARTIAL),
        ([short(), failed()], ExitCode.PARTIAL),
        ([refused()], ExitCode.REFUSED),
        ([refused(), refused()], ExitCode.REFUSED),
        ([refused(), denied()], ExitCode.REFUSED),
        ([denied()], ExitCode.REFUSED),
        ([failed()], ExitCode.FAILED),
        ([failed(), failed()], ExitCode.FAILED),
        ([refused(), failed()], ExitCode.FAILED),
        ([denied(), failed(), refused()], ExitCode.FAILED),
    ],
)
def test_the_exit_code_says_what_was_delivered_and_why_the_rest_was_not(outcomes, code):
    assert exit_code(outcomes) is code
    assert exit_code(outcomes[::-1]) is code
