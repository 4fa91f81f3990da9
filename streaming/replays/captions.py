"""Uploaded captions (WebVTT, https://www.w3.org/TR/webvtt1/)."""

import re

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _

# The captions of a whole day, spoken fast, are smaller.
MAX_BYTES = 2 * 1024 * 1024
_BEGINNING = re.compile(r"\ufeff?WEBVTT(?:[ \t][^\n]*)?(?:\n|$)")
# What cues may hold: classes, bold, italics, underline, ruby, voices, languages and times.
_TAG = re.compile(r"</?(?:[cbiuv]|ruby|rt|lang)(?:\.[^\s<>]*)?(?:[ \t][^<>]*)?>|<[\d:.]+>")


def clean_captions(file: File[bytes]) -> File[bytes]:
    """Under a name that nobody guesses: the file itself is open. Raises ValidationError."""
    if file.size > MAX_BYTES:
        raise ValidationError(_("Captions are 2 MB at most."))
    try:
        text = file.read().decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError:
        raise ValidationError(_("The captions are not UTF-8.")) from None
    finally:
        file.seek(0)
    if not _BEGINNING.match(text):
        raise ValidationError(_("This is no WebVTT: the first line has to be WEBVTT."))
    if "-->" not in text:
        raise ValidationError(_("There is no caption in it, like 00:01.000 --> 00:04.000"))
    left = _TAG.sub("", text)
    if found := re.search(r"<[a-zA-Z/!?][^\n]{0,30}", left):
        raise ValidationError(
            _("Captions may not hold HTML: %(what)s"), params={"what": found.group()}
        )
    file.name = f"{get_random_string(22)}.vtt"
    return file
