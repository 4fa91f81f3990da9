"""Codes of languages by the names that people give them."""

from django.conf.locale import LANG_INFO

_codes = {
    info[name].casefold(): code
    for code, info in reversed(LANG_INFO.items())
    for name in ("name", "name_local")
    if name in info
}


def language_code(text: str) -> str:
    """The code of "German" or "Deutsch"; anything else as it is."""
    return _codes.get(text.strip().casefold(), text)
