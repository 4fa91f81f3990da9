"""A conference chooses one colour; pages need it readable on light and on dark paper."""

from collections.abc import Iterator

# The lightest and darkest ground that text in the colour stands on (static/css/site.css).
LIGHT_PAPER = "#f1efeb"
DARK_PAPER = "#262b29"
# WCAG 1.4.3 asks for 4.5; the rest is for tinted grounds.
CONTRAST = 5.0
STEPS = 50

type Rgb = tuple[int, int, int]


def accents(colour: str) -> tuple[str, str]:
    """The colour for light and for dark pages: mixed with black or white until it can be read.

    White can be read on the first, black on the second.
    """
    return _readable(colour, LIGHT_PAPER, (0, 0, 0)), _readable(colour, DARK_PAPER, (255,) * 3)


def contrast(one: str, other: str) -> float:
    """From 1 to 21, after WCAG 2."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _readable(colour: str, ground: str, towards: Rgb) -> str:
    mixes = _mixes(_rgb(colour), towards)
    return next(mixed for mixed in mixes if contrast(mixed, ground) >= CONTRAST)


def _mixes(colour: Rgb, towards: Rgb) -> Iterator[str]:
    """From the colour itself to the other one."""
    for step in range(STEPS + 1):
        share = step / STEPS
        mixed = [round(own + (end - own) * share) for own, end in zip(colour, towards, strict=True)]
        yield "#" + "".join(f"{channel:02x}" for channel in mixed)


def _rgb(colour: str) -> Rgb:
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue


def _luminance(colour: str) -> float:
    channels = [channel / 255 for channel in _rgb(colour)]
    linear = [
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in channels
    ]
    red, green, blue = linear
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
