"""The few of allauth's pages that there are. Nobody signs up, and organizers set their passwords in
the admin.
"""

from allauth.account import views
from django.urls import include, path

from tickets import login

urlpatterns = [
    path("login/", login.login, name="account_login"),
    path("login/code/", login.confirm_code, name="account_confirm_login_code"),
    path("login/password/", login.login_with_password, name="account_login_password"),
    path("logout/", views.logout, name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("2fa/", include("allauth.mfa.urls")),
]
