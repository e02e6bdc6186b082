"""Authorities of certificates: whatever can't be used is refused before a request."""

import os
import ssl
from pathlib import Path

import certifi
import pytest

from recli.config.certificates import CA_VARIABLES

from .test_secrets_resolve import READY, made, problem

END = "-----END CERTIFICATE-----\n"
PEM = Path(certifi.where()).read_text().partition(END)[0] + END
KEY = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"


@pytest.fixture
def pem(tmp_path):
    path = tmp_path / "ca.pem"
    path.write_text(PEM)
    return path


@pytest.fixture(params=["empty", "der", "key", "html", "cut", "folder", "missing", "device"])
def unusable(request, tmp_path):
    """Return a path that can't be used, and words that say why."""
    path = tmp_path / "bad.pem"
    content = {
        "empty": b"",
        "der": ssl.PEM_cert_to_DER_cert(PEM[PEM.index("-----BEGIN") :]),
        "key": KEY.encode(),
        "html": b"<html>not found</html>",
        "cut": PEM[:-200].encode(),
    }
    match request.param:
        case "folder":
            path.mkdir()
            return path, f"{path} is a folder, not a file"
        case "missing":
            return path, f"there is no file {path}"
        case "device":
            return Path("/dev/null"), "/dev/null is no plain file"
        case "empty":
            path.touch()
            return path, f"the file {path} is empty"
        case kind:
            path.write_bytes(content[kind])
            return path, f"the file {path} holds no certificate in PEM form"


def test_a_ca_file_that_cannot_be_used_is_refused(unusable):
    path, reason = unusable
    message, hint = problem({**READY, "ca_file": str(path)})

    assert message == f"ca_file: {reason}"
    assert ("openssl x509 -inform der" in (hint or "")) == ("PEM" in reason)


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE"])
def test_a_variable_that_names_what_cannot_be_used_is_refused(unusable, variable):
    path, reason = unusable
    message, hint = problem(READY, environ={variable: str(path)})

    assert message == f": the environment variable {variable} is of no use: {reason}"
    assert hint


@pytest.mark.parametrize("variable", CA_VARIABLES)
def test_a_variable_names_the_authorities_where_the_profile_names_none(pem, variable):
    assert made(READY, environ={variable: str(pem)}).settings.ca_file == pem


@pytest.mark.parametrize("variable", CA_VARIABLES)
def test_a_variable_that_names_a_file_that_is_not_there_is_refused(tmp_path, variable):
    message, hint = problem(READY, environ={variable: str(tmp_path / "no.pem")})

    expected = f"the environment variable {variable} is of no use: there is no file {tmp_path}"
    assert message == f": {expected}/no.pem"
    assert hint == f"unset {variable}; or set ca_file in the profile"


def test_requests_own_variables_may_name_a_folder_of_authorities(tmp_path):
    environ = {"REQUESTS_CA_BUNDLE": str(tmp_path)}

    assert made(READY, environ=environ).settings.ca_file == tmp_path


def test_the_profiles_own_file_goes_before_the_environments(pem, tmp_path):
    environ = {"REQUESTS_CA_BUNDLE": str(tmp_path / "none.pem")}

    assert made({**READY, "ca_file": str(pem)}, environ=environ).settings.ca_file == pem


def test_variables_are_taken_in_the_usual_order_and_empty_ones_are_none(pem):
    environ = {"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": str(pem), "SSL_CERT_FILE": "/none.pem"}

    assert made(READY, environ=environ).settings.ca_file == pem


@pytest.mark.parametrize(
    "keys", [{"verify_tls": False}, {"base_url": "http://127.0.0.1:8080"}], ids=str
)
def test_a_variable_is_of_no_interest_where_no_certificate_is_checked(tmp_path, keys):
    made({**READY, **keys}, environ={"SSL_CERT_FILE": str(tmp_path / "none.pem")})


def test_a_file_is_looked_at_again_when_it_has_changed(pem):
    table = {**READY, "ca_file": str(pem)}
    made(table)
    pem.write_text("nothing")

    assert problem(table)[0].startswith("ca_file: the file")
    pem.write_text(PEM)
    assert made(table).settings.ca_file == pem


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read all")
def test_a_ca_file_of_somebody_else_is_refused(pem):
    pem.chmod(0)

    assert problem({**READY, "ca_file": str(pem)})[0] == f"ca_file: the file {pem} can't be read"
