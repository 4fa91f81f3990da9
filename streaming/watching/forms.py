from django import forms


class ReportForm(forms.Form):
    """What a player sends when a source has failed (static/js/playback.js)."""

    WHY: tuple[str, ...] = (
        "ended",
        "frozen",
        "media",
        "player",
        "playlist",
        "refused",
        "segments",
        "silent",
    )
    WHY += ("stuck", "unreachable")

    room = forms.SlugField()
    why = forms.ChoiceField(choices=[(why, why) for why in WHY])
    weight = forms.IntegerField(min_value=1, max_value=10)
