"""Failures of many profiles: equal ones stand in one line, which names some of them."""

import io

from recli.cli.console import Console
from recli.cli.failures import Failure, grouped_errors, show_grouped
from recli.errors import ConfigError, Denied, ExitCode, Refused, Transient
from recli.redact import Redactor
from tests.cli.conftest import write_config


def shown(failures, *, verbose=False):
    stream = io.StringIO()
    console = Console(stream, Redactor())
    console.verbose = verbose
    show_grouped(failures, console)
    return stream.getvalue()


def refused(number, hint=None):
    error = Refused("plivo", "refused the credentials", hint=hint)
    return Failure(f"acme-{number:02}", "plivo", error)


def test_from_five_on_equal_failures_are_one_that_names_the_first_profiles():
    text = shown([refused(number) for number in range(20)])

    assert (
        "20 refused the credentials: acme-00, acme-01, acme-02, acme-03, acme-04 and 15 others\n"
        in text
    )
    assert len(text.splitlines()) == 1


def test_up_to_four_equal_failures_stand_by_themselves():
    text = shown([refused(number) for number in range(4)])

    assert text.count("refused the credentials") == 4


def test_failures_of_another_kind_stand_beside_the_group():
    other = Failure("beta", "plivo", Denied("plivo", "does not allow this"))
    text = shown([refused(0), other, *(refused(number) for number in range(1, 5))])

    assert [line.partition("5 refused")[1] for line in text.splitlines()] == ["5 refused", ""]
    assert "beta (plivo): does not allow this" in text


def test_the_verbose_are_told_all_names():
    text = shown([refused(number) for number in range(7)], verbose=True)

    assert "acme-00, acme-01, acme-02, acme-03, acme-04, acme-05, acme-06\n" in text


def test_a_hint_that_differs_says_whose_it_is():
    text = shown([refused(number, hint=f"mend acme-{number}") for number in range(5)])

    assert "hint: for acme-00: mend acme-0\n" in text


def test_hosts_and_names_of_profiles_make_no_difference():
    hosts = [
        Failure(
            f"p{n}", "imagicle", Transient("imagicle", f"sbc{n}.example.com refused the connection")
        )
        for n in range(5)
    ]
    unset = [
        Failure(f"q{n}", "plivo", ConfigError(f"c.toml: profiles.q{n}.auth_token: T is not set"))
        for n in range(5)
    ]
    text = shown(hosts + unset)

    assert "the hosts of 5 profiles refused the connection: p0, p1, p2, p3, p4\n" in text
    assert (
        "5 profiles: c.toml: profiles.NAME.auth_token: T is not set: q0, q1, q2, q3, q4\n" in text
    )


def test_the_error_of_a_group_ends_as_each_of_them():
    [(error, _)] = grouped_errors([refused(n) for n in range(5)], Console(None, Redactor()))

    assert error.exit_code is ExitCode.REFUSED


def test_a_run_whose_profiles_all_lack_the_same_key_says_it_once(recli, tmp_path):
    text = "".join(f'[profiles.acme-{n}]\nprovider = "plivo"\nauth_id = "MA1"\n' for n in range(9))
    config = write_config(tmp_path / "many.toml", text)
    done = recli("list", "--all", "--config", str(config))

    assert done.code == 2
    assert "9 profiles: " in done.err
    assert "acme-0, acme-1, acme-2, acme-3, acme-4 and 4 others" in done.err
    assert done.err.count("auth_token") <= 2
