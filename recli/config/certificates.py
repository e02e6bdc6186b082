"""The authorities that a server's certificate is checked against, proven usable before a request.

They are those of the profile's `ca_file`, else those of a variable that other programs take too:
https://requests.readthedocs.io/en/latest/user/advanced/#ssl-cert-verification and
https://docs.openssl.org/master/man3/SSL_CTX_load_verify_locations/ (`SSL_CERT_FILE`).
"""

from __future__ import annotations

import os
import stat
from functools import lru_cache
from typing import TYPE_CHECKING

from recli.config.load import expand_path, quoted
from recli.files import os_reason

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from recli.config.profile import ProfileTable

_FOLDER_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""They may name a folder, with a file for each authority as `openssl rehash` makes it."""
CA_VARIABLES = (*_FOLDER_VARIABLES, "SSL_CERT_FILE")
"""The first that is set counts."""
_NOT_PEM = "holds no certificate in PEM form"


def ca_file(table: ProfileTable, text: str, environ: Mapping[str, str]) -> Path | None:
    """Return the file that a profile's `ca_file` names, None for none; ConfigError if unusable."""
    if not text:
        return None
    path = expand_path(text, environ, table.folder)
    problem = _problem(path, may_be_folder=False)
    if problem is not None:
        raise table.location.at("ca_file").error(problem, hint=_hint(path, problem))
    return path


def environment_ca_file(
    table: ProfileTable, environ: Mapping[str, str], *, is_needed: bool
) -> Path | None:
    """Return the file or folder that the environment names, None for none.

    ConfigError if it can't be used and `is_needed`.
    """
    for variable in CA_VARIABLES:
        if environ.get(variable):
            break
    else:
        return None
    path = expand_path(environ[variable], environ)
    problem = _problem(path, may_be_folder=variable in _FOLDER_VARIABLES) if is_needed else None
    if problem is not None:
        raise table.location.error(
            f"the environment variable {variable} is of no use: {problem}",
            hint=_hint(path, problem) or f"unset {variable}; or set ca_file in the profile",
        )
    return path


def _problem(path: Path, *, may_be_folder: bool) -> str | None:
    """Return why a path can't be used, or None."""
    try:
        found = path.stat()
    except (OSError, ValueError) as error:
        is_missing = isinstance(error, FileNotFoundError)
        return f"there is no file {path}" if is_missing else f"{path}: {os_reason(error)}"
    if stat.S_ISDIR(found.st_mode):
        return None if may_be_folder else f"{path} is a folder, not a file"
    if not stat.S_ISREG(found.st_mode):
        return f"{path} is no plain file"
    if not os.access(path, os.R_OK):
        return f"the file {path} can't be read"
    if found.st_size == 0:
        return f"the file {path} is empty"
    is_good = _holds_certificates(path, found.st_mtime_ns, found.st_size)
    return None if is_good else f"the file {path} {_NOT_PEM}"


def _hint(path: Path, problem: str) -> str | None:
    """Return how a certificate in the other usual form, DER, is made PEM."""
    if not problem.endswith(_NOT_PEM):
        return None
    return f"if it is DER: openssl x509 -inform der -in {quoted(path)} -out NEW.pem"


@lru_cache
def _holds_certificates(path: Path, _modified_ns: int, _size_bytes: int) -> bool:
    """Say whether TLS can load a file: once for all profiles, and again when it has changed."""
    import ssl  # noqa: PLC0415  # few profiles name a file

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except OSError:  # ssl.SSLError is one
        return False
    return True
