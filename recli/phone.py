"""Numbers as people and providers write them, and which of them are the same.

A number has several keys, which are equal for equal numbers: its characters without decoration, and
`+` with country code and number where they are known. Nothing here is about a provider.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from recli.errors import UsageError
from recli.text import quote_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_DECORATION = str.maketrans("", "", " \t\r\n\v\f-.()[]/")
_DECORATION_CATEGORIES = {"Cf", "Pd", "Zl", "Zp", "Zs"}
"""Of Unicode: invisible characters such as soft hyphens, dashes and spaces."""
_MORE_DECORATION = "\N{MINUS SIGN}\N{MIDDLE DOT}\N{HYPHEN BULLET}"
_TRUNK_ZERO = re.compile(r"^(\(?\s*(?:\+|00)\s*\d{1,3}\s*\)?[\s\-./]*)\(\s*0\s*\)", re.ASCII)
"""As in +44 (0)20: the 0 is dialled within the country only."""
_SCHEME = re.compile(r"(?:tel|sips?|callto):")
_URI_PARAMETERS = re.compile(r"[;?].*", re.DOTALL)
_PORT = re.compile(r":\d{1,5}$", re.ASCII)
_WILDCARD = re.compile(r"\\(.)|(\*)", re.DOTALL)
COUNTRIES = (
    "AC AD AE AF AG AI AL AM AO AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR"
    " BS BT BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC"
    " EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GT GU GW GY HK"
    " HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB"
    " LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY"
    " MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PR PS PT PW PY QA RE RO RS"
    " RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TA TC TD TG TH TJ TK TL"
    " TM TN TO TR TT TV TW TZ UA UG US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW"
)
"""Those that have telephone numbers: phonenumbers.SUPPORTED_REGIONS, which is slow to import."""
_SHORTEST_WITH_00 = 10
"""Digits from which on a leading 00 is a prefix: shorter ones are extensions and services."""
_SHORTEST_IN_COUNTRY = 5
"""Digits from which on a number may be one of a country's: shorter ones are extensions."""
_TAIL = 4
"""Digits at the end by which numbers are narrowed down."""
_CACHED_TEXTS = 50_000


def number_matcher(wanted: str, country: str | None = None) -> Callable[[str], bool]:
    r"""Return a predicate for texts that are the wanted number: `*` is any run, `\*` a star.

    `country` (ISO 3166, two letters) is where numbers without a country code are.
    """
    keys_of = lru_cache(_CACHED_TEXTS)(partial(number_keys, country=country))
    pieces = _split(wanted)
    if len(pieces) > 1:
        patterns = [re.compile(text, re.DOTALL) for text in _patterns(pieces)]
        return lambda text: any(it.fullmatch(key) for key in keys_of(text) for it in patterns)
    keys, tail = number_keys(pieces[0], country=country), narrowing_tail(wanted)

    def matches(text: str) -> bool:
        # Most rows are others: parsing all of them as numbers of a country would take minutes.
        is_plain = text.isascii() and text.removeprefix("+").isdecimal()
        if is_plain and not text.endswith(tail):
            return False
        return not keys.isdisjoint(keys_of(text))

    return matches


def parse_country(text: str) -> str:
    """Return the two letters of a country as ISO 3166 writes them; UsageError for others."""
    country = text.upper()
    if country not in COUNTRIES.split():
        hint = "give its two letters of ISO 3166, such as US, IT, or GB for the United Kingdom"
        raise UsageError(f"there is no country {quote_name(text)}", hint=hint)
    return country


def number_keys(text: str, *, country: str | None = None) -> frozenset[str]:
    """Return the keys of a number: two numbers are the same if they have one in common."""
    plain = _simplified(text)
    keys = {_undecorated(plain)}
    address = _address(plain)
    if address is not None:
        plain = address
        keys.add(_undecorated(plain))
    is_international, key = _international(plain)
    keys.add(key)
    if is_international:
        keys.add(f"+{key}")
    if country is not None and key.isascii() and key.isdecimal():
        keys |= _keys_in_country(key, country, is_international=is_international)
    return frozenset(keys)


def narrowing_tail(wanted: str) -> str:
    """Return the last digits of all numbers that consist of digits and match; empty if unknown.

    That concerns texts without letters and symbols: others may match, whatever their end is.
    """
    pieces = _split(wanted)
    plain = _simplified(pieces[-1])
    key = _undecorated(plain if len(pieces) > 1 else _address(plain) or plain)
    return key[-_TAIL:] if key.isascii() and key.isdecimal() else ""


def _keys_in_country(key: str, country: str, *, is_international: bool) -> set[str]:
    """Return a number with its country code, and as it is dialled within its country."""
    import phonenumbers  # noqa: PLC0415  # slow, and seldom needed

    if len(key) < _SHORTEST_IN_COUNTRY:
        return set()
    try:
        number = phonenumbers.parse(f"+{key}" if is_international else key, country)
    except phonenumbers.NumberParseException:
        return set()
    if not phonenumbers.is_possible_number(number):
        return set()
    whole = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    keys = {whole, whole[1:]}
    if number.country_code == phonenumbers.country_code_for_region(country):
        trunk = phonenumbers.ndd_prefix_for_region(country, True) or ""
        within = phonenumbers.national_significant_number(number)
        keys |= {within, trunk + within}
    return keys


def _simplified(text: str) -> str:
    """Return a text in small letters, with ASCII digits and without invisible characters."""
    if text.isascii():
        return text.strip().lower()
    characters = unicodedata.normalize("NFKC", text.replace("\N{SOFT HYPHEN}", ""))
    return "".join(_simple_characters(characters)).strip().casefold()


def _simple_characters(text: str) -> Iterator[str]:
    for character in text:
        if unicodedata.category(character) in _DECORATION_CATEGORIES:
            if character.isspace():
                yield " "
        elif character not in _MORE_DECORATION:
            digit = unicodedata.decimal(character, None)
            yield character if digit is None else str(digit)


def _undecorated(plain: str) -> str:
    return plain.translate(_DECORATION).removeprefix("+")


def _address(plain: str) -> str | None:
    """Return what is reached by a `tel:` or `sip:` address or by NAME@HOST; None for others."""
    scheme = _SCHEME.match(plain)
    if scheme is None and "@" not in plain:
        return None
    reached = _URI_PARAMETERS.sub("", plain[scheme.end() :] if scheme else plain)
    return _PORT.sub("", reached) if "@" in reached else reached


def _international(plain: str) -> tuple[bool, str]:
    """Return whether a number has a country code, and its digits from that on."""
    key = _undecorated(_TRUNK_ZERO.sub(r"\1", plain))
    with_plus, with_00 = plain.lstrip("( ").startswith("+"), key.startswith("00")
    if with_plus:
        return True, key
    if with_00 and key.isdecimal() and len(key) >= _SHORTEST_WITH_00:
        return True, key[2:]
    return False, key


def _split(wanted: str) -> list[str]:
    r"""Return the texts between the wildcards; `\*` is a star and `\\` a backslash."""
    pieces, end = [""], 0
    for found in _WILDCARD.finditer(wanted):
        pieces[-1] += wanted[end : found.start()]
        end = found.end()
        if found[2]:
            pieces.append("")
        else:
            pieces[-1] += found[1] if found[1] in "*\\" else found[0]
    pieces[-1] += wanted[end:]
    return pieces


def _patterns(pieces: list[str]) -> set[str]:
    """Return regular expressions of the keys that match texts with anything in between."""
    first, *others = [_simplified(piece) for piece in pieces]
    starts = {_undecorated(first)}
    scheme = _SCHEME.match(first)
    if scheme and any([first[scheme.end() :], *others]):
        first = first[scheme.end() :]
        starts.add(_undecorated(first))
    start = _undecorated(_TRUNK_ZERO.sub(r"\1", first))
    starts.add(start)
    if start.startswith("00"):
        starts.add(f"+{start[2:]}")
    rest = [re.escape(piece.translate(_DECORATION)) for piece in others]
    return {".*".join([re.escape(start), *rest]) for start in starts}
