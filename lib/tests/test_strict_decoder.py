import pytest
from django import forms
from django.core.exceptions import ValidationError

from lib.clean_input import StrictDecoder

FIELD = forms.JSONField(decoder=StrictDecoder)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "9" * 5_000,
        "[" * 100_000,
        "[NaN]",
        "-Infinity",
        r'"\u0000"',
        r'{"a\u0000": 1}',
        r'["\ud800"]',
    ],
)
def test_what_cannot_be_stored_is_an_error_of_the_form(text):
    with pytest.raises(ValidationError, match="valid JSON"):
        FIELD.clean(text)
    assert FIELD.bound_data(text, None) == text, "the form shows it again"


def test_json_is_read():
    assert FIELD.clean(r'{"a": [1, null, "é", "\ud83d\ude00", "\\u0000 in words"]}') == {
        "a": [1, None, "é", "\U0001f600", r"\u0000 in words"]
    }
