"""JSON with damage that can be read in one way only is read, all other damage is refused."""

import json

import pytest

from recli.providers.json_body import NOT_UTF8, SURROUNDED, decode_json

WHOLE = b'{"responses": [{"code": "200"}], "data": [{"uniqueid": "1.0"}]}'
DECODED = json.loads(WHOLE)
HTML = b"<br />\n<b>Warning</b>: Undefined array key [0] in <b>/a.php</b> on line <b>3</b><br />\n"
BOM = b"\xef\xbb\xbf"


@pytest.mark.parametrize("body", [WHOLE, b" \n" + WHOLE + b"\n", BOM + WHOLE, WHOLE + b"\0\0"])
def test_white_space_a_mark_of_byte_order_and_zero_bytes_are_no_damage(body):
    assert decode_json(body) == (DECODED, ())


@pytest.mark.parametrize(
    "body",
    [
        HTML + WHOLE,
        WHOLE + HTML,
        HTML + WHOLE + HTML,
        BOM + HTML + HTML + WHOLE,
        b"PHP Notice:  Undefined index: x{y} in /a.php on line 3\n" + WHOLE,
        WHOLE + b"\n#0 {main}\n  thrown in /a.php",
    ],
)
def test_warnings_around_json_are_passed_over_and_told_once(body):
    assert decode_json(body) == (DECODED, (SURROUNDED,))


def test_an_array_after_a_warning_is_read():
    assert decode_json(HTML + b'[{"id": "1"}]') == ([{"id": "1"}], (SURROUNDED,))


@pytest.mark.parametrize(
    "body",
    [
        HTML,
        WHOLE + WHOLE,
        HTML + WHOLE + HTML + WHOLE,
        HTML + WHOLE[:-1],
        WHOLE[:14] + HTML + WHOLE[14:],
        b"<!DOCTYPE html><title>Log in</title><script>x = " + WHOLE + b"</script>",
        WHOLE[:-1],
    ],
    ids=["none", "two", "two apart", "cut", "inside", "web page", "end missing"],
)
def test_what_could_be_read_in_several_ways_is_refused(body):
    with pytest.raises(ValueError, match=r"."):
        decode_json(body)


@pytest.mark.parametrize("character", ["\t", "\x01", "\n", "\x1b", "\0"])
def test_a_raw_control_character_in_a_text_is_kept(character):
    body = b'{"name": "a%sb"}' % character.encode()

    assert decode_json(body) == ({"name": f"a{character}b"}, ())


@pytest.mark.parametrize("mark", [b"", BOM])
def test_a_byte_of_another_encoding_costs_one_character(mark):
    assert decode_json(mark + b'{"name": "Jos\xe9"}') == ({"name": "Jos\ufffd"}, (NOT_UTF8,))


def test_a_number_of_5000_digits_is_text_and_costs_nothing_else():
    digits = "9" * 5000
    body = b'[{"id": 1, "size": %s}, {"id": 2}]' % digits.encode()

    assert decode_json(body) == ([{"id": 1, "size": digits}, {"id": 2}], ())
