"""The few of allauth's pages that there are. Nobody signs up, and organizers set their passwords in
the admin.
"""

from allauth.account import views
from allauth.urls import build_provider_urlpatterns
from django.conf import settings
from django.urls import include, path
from django.views.generic import TemplateView

from tickets.accounts import login

urlpatterns = [
    path("login/", login.login, name="account_login"),
    path("login/code/", login.confirm_code, name="account_confirm_login_code"),
    path("login/password/", login.login_with_password, name="account_login_password"),
    path("logout/", login.logout, name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("reauthenticate/", login.password_again, name="account_reauthenticate"),
    path("2fa/authenticate/", login.second_factor, name="mfa_authenticate"),
    path("2fa/reauthenticate/", login.second_factor_again, name="mfa_reauthenticate"),
    path("2fa/", include("allauth.mfa.urls")),
]
if settings.SOCIAL_PROVIDERS:
    urlpatterns += [
        path(
            "cancelled/",
            TemplateView.as_view(template_name="socialaccount/login_cancelled.html"),
            name="socialaccount_login_cancelled",
        ),
        *build_provider_urlpatterns(),
    ]
