"""What organizers may not take as a password, beside what is short or known to everybody."""

import re
from collections.abc import Iterator

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from schedule.models import Conference

# What somebody who guesses tries first. The names of the conferences and of the person come to it.
OF_THE_SITE = "front row frontrow admin organizer organiser conference password"
MIN_WORD = 3
MIN_LEFT = 8


class KnownWordsValidator:
    """Without the words that anybody would guess here enough has to be left."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        words = sorted(set(_known_words(user)), key=len, reverse=True)
        left = re.sub("|".join(map(re.escape, words)), "", password.casefold())
        if len(left) < MIN_LEFT:
            raise ValidationError(self.get_help_text(), code="password_too_guessable")

    def get_help_text(self) -> str:
        return _(
            "Without the names of the conference, of this site and your own, at least %(count)d"
            " characters have to be left."
        ) % {"count": MIN_LEFT}


def _known_words(user: AbstractBaseUser | None) -> Iterator[str]:
    texts = [OF_THE_SITE, getattr(user, "email", ""), getattr(user, "display_name", "")]
    for names in Conference.objects.values_list("name", "slug", "domain"):
        texts += [name for name in names if name]
    for text in texts:
        yield from (word for word in re.findall(r"\w+", text.casefold()) if len(word) >= MIN_WORD)
