"""The forms of the login pages, in the place of allauth's (ACCOUNT_FORMS)."""

import functools
from typing import Any, ClassVar

from allauth.account import forms as allauth_forms
from allauth.account.adapter import get_adapter
from allauth.core import context
from allauth.core.internal.cryptokit import compare_user_code
from django import forms
from django.conf import settings
from django.core import signing
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from schedule.models import Conference
from schedule.site.access import View
from schedule.site.cookies import cookie_of, delete_cookie, set_cookie
from schedule.site.request import page_of_form
from schedule.site.zones import known_zone, offsets_label, zone_names, zone_of_people
from tickets.accounts.accounts import account_for
from tickets.accounts.codes.last import forget_last, is_last
from tickets.accounts.codes.sending import begin
from tickets.accounts.devices.hand_over import fold_code
from tickets.accounts.rate_limits import TOO_MANY, consume
from tickets.models import User, fold_email

# The mistakes of one form, on their way to its page: longer than a redirect takes, and no longer than
# what browsers keep of a cookie (4,096 bytes with its name).
_MISTAKES, _MISTAKES_SALT = "mistakes", "tickets.mistakes"
_MISTAKES_SECONDS = 60
_MISTAKES_LENGTH = 3500
_EMAIL_LENGTH = User._meta.get_field("email").max_length


class FoldedEmailField(forms.EmailField):
    def __init__(
        self, *, autocomplete: str = "email", autofocus: bool = True, **options: Any
    ) -> None:
        super().__init__(label=_("E-mail"), max_length=_EMAIL_LENGTH, **options)
        self.widget.attrs |= {"autocomplete": autocomplete, "autofocus": autofocus}

    def to_python(self, value: str | None) -> str:
        return fold_email(super().to_python(value) or "")


class RedirectedForm(forms.Form):
    """A form whose mistakes are told by the page that follows a redirect (`redirects_mistakes`).
    `filled_again` names what nobody has to type a second time.
    """

    filled_again: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        request = context.request
        if request is None:
            return
        if self.is_bound:
            vars(request).setdefault("sent_form", self)
        elif (told := _told_mistakes(request)) and told["form"] == type(self).__name__:
            self.initial |= told["typed"]
            self.cleaned_data: dict[str, Any] = {}
            for field, texts in told["errors"].items():
                self.add_error(None if field == NON_FIELD_ERRORS else field, texts)

    def send_back(self, request: HttpRequest) -> HttpResponse | None:
        """None: there is more to say than a cookie holds."""
        told = {
            "page": request.path,
            "form": type(self).__name__,
            "errors": {
                field: [str(text) for text in texts] for field, texts in self.errors.items()
            },
            "typed": {name: self.data.get(name, "") for name in self.filled_again},
        }
        value = signing.dumps(told, salt=_MISTAKES_SALT, compress=True)
        if len(value) > _MISTAKES_LENGTH:
            return None
        response = HttpResponseRedirect(page_of_form(request))
        set_cookie(response, _MISTAKES, value, max_age=_MISTAKES_SECONDS)
        return response


def redirects_mistakes(view: View) -> View:
    """For views with such forms: "Back" and a reload then never ask whether to send it again."""

    @functools.wraps(view)
    def redirecting(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        sent: RedirectedForm | None = vars(request).get("sent_form")
        if sent is not None and sent.errors and response.status_code == 200:
            return sent.send_back(request) or response
        if request.method == "GET" and _told_mistakes(request):
            delete_cookie(response, _MISTAKES)
        return response

    return redirecting


def _told_mistakes(request: HttpRequest) -> dict[str, Any] | None:
    try:
        told: dict[str, Any] = signing.loads(
            cookie_of(request, _MISTAKES), salt=_MISTAKES_SALT, max_age=_MISTAKES_SECONDS
        )
    except signing.BadSignature:
        return None
    return told if told["page"] == request.path else None


class LimitedForm(RedirectedForm):
    """A form that counts how often somebody sends it."""

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request


class CodeRequestForm(LimitedForm):
    """The way in for everybody. Says the same to known and unknown addresses, and refuses none: mails
    are counted where they are sent (tickets/accounts/codes/).
    """

    email = FoldedEmailField()
    filled_again = ("email",)

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> HttpResponse:
        """Called by allauth's login view once the form is valid."""
        email = self.cleaned_data["email"]
        begin(request, account_for(email), email)
        return redirect("account_confirm_login_code")


class CodeInput(forms.TextInput):
    def format_value(self, value: object) -> None:
        """A wrong code is not shown again: the right one would be pasted after it."""


class CodeField(forms.CharField):
    def __init__(self, **options: Any) -> None:
        attrs = {"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}
        super().__init__(label=_("Code"), widget=CodeInput(attrs=attrs), **options)


class CodeForm(RedirectedForm, allauth_forms.ConfirmLoginCodeForm):
    code = CodeField()

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean_code(self) -> str:
        # allauth counts wrong codes in the session, where many at the same moment count as one.
        request = context.request
        key = request.session.session_key
        if not consume(request, action="confirm_login_code", key=key):
            raise ValidationError(_("Too many wrong codes. Wait a quarter of an hour."))
        code = digits_of(self.cleaned_data["code"])
        if compare_user_code(actual=code, expected=self.expected_code):
            forget_last(self.email)
        elif not is_last(request, self.email, code):
            raise get_adapter().validation_error("incorrect_code")
        return code


def digits_of(text: str) -> str:
    """The code in what was typed or pasted: spaces, dashes and the words after it do not matter,
    nor does the script of the digits.
    """
    digits = (str(int(character)) for character in text if character.isdecimal())
    return "".join(digits)[: settings.ACCOUNT_LOGIN_BY_CODE_FORMAT["length"]]


class PasswordLoginForm(RedirectedForm, allauth_forms.LoginForm):
    """For organizers, who have one."""

    filled_again = ("login",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = FoldedEmailField()

    def _setup_password_field(self) -> None:
        """allauth would take the field away, because nobody signs up with a password."""


class PasswordAgainForm(RedirectedForm, allauth_forms.ReauthenticateForm):
    pass


class HandOverForm(LimitedForm):
    filled_again = ("code",)
    code = forms.CharField(
        label=_("Code"),
        max_length=100,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "characters",
                "autofocus": True,
                "spellcheck": "false",
            }
        ),
    )

    def clean_code(self) -> str:
        code = fold_code(self.cleaned_data["code"])
        if not consume(self.request, action="take_handover", key=code):
            raise ValidationError(TOO_MANY)
        return code


class HandOverAnswerForm(forms.Form):
    """The number that the other device shows."""

    number = forms.IntegerField(min_value=0)


class ZoneField(forms.ChoiceField):
    """Takes what a browser calls its zone, which may be an older name of one in the list."""

    def valid_value(self, value: str) -> bool:
        return zone_of_people(value) is not None

    def clean(self, value: str) -> str:
        return zone_of_people(super().clean(value)) or ""


class ZoneForm(forms.Form):
    """The zone in which times are shown. Empty: the venue's."""

    def __init__(self, conference: Conference, chosen: str, data: QueryDict | None = None) -> None:
        super().__init__(data, label_suffix="")
        venue = _("The venue: %(zone)s") % {"zone": _zone_choice(conference.time_zone, conference)}
        pinned = [("", venue)]
        if chosen:
            pinned.append((chosen, _zone_choice(chosen, conference)))
        every = [(name, _zone_choice(name, conference)) for name in zone_names() if name != chosen]
        self.fields["zone"] = ZoneField(
            label=_("Show times in"),
            required=False,
            initial=chosen,
            choices=[*pinned, (_("All time zones"), every)],
            widget=forms.Select(attrs={"data-own": _("This device")}),
        )


def _zone_choice(name: str, conference: Conference) -> str:
    zone = known_zone(name)
    offsets = offsets_label(zone, conference) if zone else ""
    return f"{name.replace('_', ' ')} ({offsets})"
