"""How much a room full of people draws."""

from dataclasses import dataclass
from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext as _

# What a rented server usually has, and how full its line may be before playback stutters.
LINE_GIGABITS = Decimal(1)
LINE_FULL_AT = Decimal("0.7")
# The usual rate where nobody has measured: 720p for a room, with slides.
USUAL_MEGABITS = Decimal(3)


@dataclass(frozen=True, slots=True)
class Traffic:
    viewers: int
    megabits: Decimal

    @property
    def gigabits(self) -> Decimal:
        return self.viewers * self.megabits / 1000

    @property
    def gigabytes_an_hour(self) -> Decimal:
        return self.gigabits * 3600 / 8

    def __str__(self) -> str:
        return _(
            "%(viewers)s viewers × %(megabits)s Mbit/s = %(rate)s, %(gigabytes)s GB an hour."
        ) % {
            "viewers": number_format(self.viewers, use_l10n=True, force_grouping=True),
            "megabits": _short(self.megabits),
            "rate": self._rate,
            "gigabytes": _short(self.gigabytes_an_hour),
        }

    @property
    def _rate(self) -> str:
        if self.gigabits < 1:
            return _("%(number)s Mbit/s") % {"number": _short(self.gigabits * 1000)}
        return _("%(number)s Gbit/s") % {"number": _short(self.gigabits)}

    @property
    def advice(self) -> str:
        """Whether our own server can carry the stream."""
        if self.gigabits > LINE_GIGABITS * LINE_FULL_AT:
            return _(
                "A server with a line of 1 Gbit/s does not carry that: put a CDN before it, or let"
                " a vendor carry the stream."
            )
        return _("A server with a line of 1 Gbit/s carries that.")


def _short(number: Decimal) -> str:
    rounded = number.quantize(Decimal("0.1") if number < 100 else Decimal(1))
    text: str = number_format(rounded.normalize() + 0, use_l10n=True)
    return text
