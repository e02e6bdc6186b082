"""The errors of the Yeastar API: an `errcode` in the body, mostly with HTTP 200.

https://help.yeastar.com/en/p-series-appliance-edition/developer-guide/error-code.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import unquote

from recli.errors import Blocked, Denied, Gone, ProviderError, Refused, TokenExpired, Transient
from recli.providers.items import Item
from recli.text import shorten

if TYPE_CHECKING:
    from recli.providers.base import Provider
    from recli.wire import Request, Response

LOGIN, RENEWAL = "/get_token", "/refresh_token"
# The codes: https://help.yeastar.com/en/p-series-appliance-edition/developer-guide/error-code.html
NO_INTERFACE, TOKEN_DEAD, NOTHING_FOUND = 10001, 10004, 60001
_OVERLOADED = 70082
_TRANSIENT = {
    -2: "server error",
    60002: "too many tokens",
    _OVERLOADED: "overloaded",
    70651: "another download is running",
}
_HINTS = {
    60002: "at most 8 tokens live at a time, for up to 30 minutes: log out elsewhere or wait",
    10005: "allow the API application to read recordings in the PBX's settings",
    70004: "an administrator of the PBX can unblock this machine's address",
    70087: "an administrator of the PBX can put this machine's address on the allow-list",
    70123: "an administrator of the PBX can switch the API on",
}
_DENIED: Mapping[int, tuple[type[Denied], str]] = {
    10005: (Denied, "does not allow this"),
    70004: (Blocked, "does not let this machine in"),
    70087: (Blocked, "does not let this machine in"),
    70123: (Blocked, "does not let anybody in"),
}


def check_answer(provider: Provider, request: Request, response: Response) -> Mapping[str, object]:
    """Return a decoded good answer, else raise its error."""
    if response.status == 401 and not request.path.endswith(LOGIN):
        raise TokenExpired(provider.name, "refused the token (HTTP 401)")
    provider.raise_for_status(request, response)
    decoded = provider.decode(response)
    code = code_of(decoded)
    if code is None or not isinstance(decoded, Mapping):
        raise provider.unexpected_response("no errcode")
    if code not in {0, NOTHING_FOUND}:
        raise _error(provider.name, request, code, provider.error_message(decoded) or "")
    return decoded


def code_of(decoded: object) -> int | None:
    """Return the errcode of an answer, or None."""
    if not isinstance(decoded, Mapping):
        return None
    number = Item(decoded).number("errcode", least=-1000)
    return int(number) if number is not None and number == int(number) else None


def error_text(decoded: object) -> str | None:
    """Return code and message of an answer, with the parameters that it names."""
    code = code_of(decoded)
    if code is None or not isinstance(decoded, Mapping):
        return None
    message = Item(decoded).text("errmsg")
    listed = decoded.get("invalid_param_list")
    params = listed if isinstance(listed, list) else []
    names = [Item(each).text("field") for each in params if isinstance(each, Mapping)]
    named = ", ".join(filter(None, names))
    return shorten(
        f"errcode {code}" + (f": {message}" if message else "") + f" ({named})" * bool(named)
    )


def download_path(answer: Mapping[str, object]) -> str | None:
    """Return where an answer says that the audio is: a plain path below `/api/`, else None.

    The token goes there: no reading of the path, encoded or not, may lead anywhere else.
    """
    path = answer.get("download_resource_url")
    if not isinstance(path, str) or not path.startswith("/api/") or "#" in path:
        return None
    plain = path
    for _ in range(4):
        parts = plain.partition("?")[0].split("/")[1:]
        if "\\" in plain or not plain.isprintable() or not {"", ".", ".."}.isdisjoint(parts):
            return None
        decoded = unquote(plain)
        if decoded == plain:
            return path
        plain = decoded
    return None


def _error(name: str, request: Request, code: int, message: str) -> ProviderError:
    hint = _HINTS.get(code)
    if code in _TRANSIENT:
        problem = f"failed ({_TRANSIENT[code]}; {message})"
        return Transient(name, problem, busy=code == _OVERLOADED, hint=hint)
    if code in _DENIED:
        kind, problem = _DENIED[code]
        return kind(name, f"{problem} ({message})", hint=hint)
    if request.path.endswith(LOGIN):
        return Refused(name, f"refused the credentials ({message})")
    if code == TOKEN_DEAD or request.path.endswith(RENEWAL):
        return TokenExpired(name, f"refused the token ({message})")
    if code == NO_INTERFACE:
        return Gone(name, f"has no such interface ({message})")
    return ProviderError(name, f"did not accept the request ({message})")
