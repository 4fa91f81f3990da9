from django import forms
from django.utils.translation import gettext_lazy as _

from schedule.models import Timer

# What a chair gives; more is for the desk, which sees whom it pushes.
MAX_MINUTES = 15


class MessageForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    class Meta:
        model = Timer
        fields = ["message"]
        labels = {"message": _("Message to the stage")}


class ExtendForm(forms.Form):
    minutes = forms.IntegerField(min_value=1, max_value=MAX_MINUTES)
