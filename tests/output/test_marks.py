"""What a terminal would obey or hide shows as a mark."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recli.text import escape_control


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("Ann Lee", "Ann Lee"),
        ("Łukasz 日本語 ❤️ é", "Łukasz 日本語 ❤️ é"),
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("a\tb\nc\r\x00\x07", "a␉b␊c␍␀␇"),
        ("\x7f", "␡"),
        ("\x9b31m", "⟨U+009B⟩31m"),
        ("gpj\u202eexe", "gpj⟨U+202E⟩exe"),
        ("\u2066\u2069\u200e\u200f\u061c", "⟨U+2066⟩⟨U+2069⟩⟨U+200E⟩⟨U+200F⟩⟨U+061C⟩"),
        ("a\u2028b\u2029", "a⟨U+2028⟩b⟨U+2029⟩"),
        ("a\u200bb\u2060\ufeff\u00ad", "a⟨U+200B⟩b⟨U+2060⟩⟨U+FEFF⟩⟨U+00AD⟩"),
        ("\U000e0041\U000e007f", "⟨U+E0041⟩⟨U+E007F⟩"),
        ("\ud83d", "⟨U+D83D⟩"),
    ],
)
def test_what_a_terminal_obeys_or_hides_is_marked_and_nothing_else(text, shown):
    assert escape_control(text) == shown


@given(st.text(st.characters(codec=None, exclude_categories=())))
def test_nothing_that_comes_out_controls_a_terminal_or_cannot_be_encoded(text):
    shown = escape_control(text)

    shown.encode()
    assert not {unicodedata.category(char) for char in shown} & {"Cc", "Cs", "Zl", "Zp"}
    assert not {unicodedata.bidirectional(char) for char in shown} & {
        "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI",
    }  # fmt: skip
    assert escape_control(shown) == shown
