"""What an Enswitch answer says before its data: codes inside the body, whatever the HTTP status.

`{"responses": [{"code", "key", "message"}], "data": …}`; codes come as text or number, and an
object has been seen in the array's place.

https://integrics.com/enswitch/guides/ (JSON API, introduction)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from recli.errors import Denied, Gone, ProviderError, Refused, Transient
from recli.providers.items import Item
from recli.text import shorten

if TYPE_CHECKING:
    from recli.providers.base import Provider
    from recli.wire import Request, Response

NO_DATA = 204
_GOOD = {200, 201, NO_DATA}


def check_answer(
    provider: Provider, request: Request, response: Response
) -> Mapping[str, object] | None:
    """Return a decoded answer whose code is good, None if it has no data, else raise its error."""
    if response.status == NO_DATA:
        return None
    decoded: object = None
    try:
        decoded = provider.decode(response)
    except Transient:
        _raise_for_code(provider, request, response)
        raise
    code = code_of(decoded)
    if code is None or not isinstance(decoded, Mapping):
        _raise_for_code(provider, request, response)
        raise provider.unexpected_response("no responses with a code")
    if code not in _GOOD:
        raise _error(provider, code, provider.error_message(decoded) or "")
    _raise_for_code(provider, request, response)
    if code == NO_DATA:
        return None
    return decoded


def code_of(decoded: object) -> int | None:
    """Return the code of an answer, of several one that isn't good; None if it tells none."""
    first = _response(decoded)
    return Item(first).integer("code") if first is not None else None


def error_text(decoded: object) -> str | None:
    """Return code, key and message of an answer, None if it tells none."""
    first = _response(decoded)
    if first is None:
        return None
    item = Item(first)
    return shorten(" ".join(filter(None, map(item.text, ("code", "key", "message")))))


def _response(decoded: object) -> Mapping[str, object] | None:
    found = decoded.get("responses") if isinstance(decoded, Mapping) else None
    told = [each for each in _listed(found) if isinstance(each, Mapping)]
    bad = (each for each in told if Item(each).integer("code") not in _GOOD)
    return next(bad, told[0] if told else None)


def _listed(found: object) -> list[object]:
    return found if isinstance(found, list) else [found]


def _raise_for_code(provider: Provider, request: Request, response: Response) -> None:
    try:
        provider.raise_for_status(request, response)
    except Transient as error:
        error.timed_out = response.status == 504
        raise


def _error(provider: Provider, code: int, said: str) -> ProviderError:
    name = provider.name
    match code:
        case 401:
            return Refused(name, f"refused the credentials ({said})")
        case 402 | 403:
            hint = 'the user\'s role needs the privilege "record"'
            return Denied(name, f"does not allow this ({said})", hint=hint)
        case 404:
            return Gone(name, f"has nothing there ({said})")
        case 408 | 429:
            return Transient(name, f"asked to slow down ({said})", busy=True)
        case _ if code >= 500:
            return Transient(name, f"failed ({said})", timed_out=code == 504)
        case _:
            return ProviderError(name, f"did not accept the request ({said})")
