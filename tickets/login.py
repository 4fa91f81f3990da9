"""Signing in: allauth's views with our forms. Everything else of allauth.account is left out."""

import functools

from allauth.account import views
from allauth.account.utils import passthrough_next_redirect_url
from django import forms
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse

from schedule.access import View, public
from tickets.forms import PasswordForm

_STEPS = ("account_login", "account_confirm_login_code")


class PasswordLoginView(views.LoginView):
    template_name = "account/login_with_password.html"

    def get_form_class(self) -> type[forms.Form]:
        return PasswordForm


def keeps_next(view: View) -> View:
    """allauth forgets ?next= on its way between the steps: code asked for, expired, wrong."""

    @functools.wraps(view)
    def with_next(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        if isinstance(response, HttpResponseRedirect) and response.url in map(reverse, _STEPS):
            response["Location"] = passthrough_next_redirect_url(
                request, response.url, REDIRECT_FIELD_NAME
            )
        return response

    return with_next


login = public(keeps_next(views.login))
confirm_code = public(keeps_next(views.confirm_login_code))
login_with_password = public(keeps_next(PasswordLoginView.as_view()))
