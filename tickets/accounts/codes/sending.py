"""How many codes are mailed to an address."""

from allauth.account.internal.flows.login_by_code import LoginCodeVerificationProcess
from allauth.account.models import Login
from allauth.account.stages import LoginByCodeStage, LoginStageController
from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from tickets.accounts.devices.known import tries_key
from tickets.accounts.rate_limits import consume
from tickets.models import User


def begin(request: HttpRequest, user: User, email: str) -> None:
    """Mail a code and wait for it in this session; or for the last one, when too many were mailed."""
    if may_be_mailed(request, email):
        LoginCodeVerificationProcess.initiate(request=request, user=user, email=email)
    else:
        _wait_for_the_last(request, user, email)


def may_be_mailed(request: HttpRequest, email: str) -> bool:
    """Whether one more code may go to the address; when not, the page that follows says so."""
    if consume(request, action="request_login_code", key=tries_key(request, email)):
        return True
    messages.warning(
        request,
        _(
            "Several codes were mailed to this address just now, so we sent no other one. Enter the last."
        ),
    )
    return False


def _wait_for_the_last(request: HttpRequest, user: User, email: str) -> None:
    """What allauth's `initiate` does, without a code of this session and without a mail."""
    login = Login(user=user, email=email)
    login.state["stages"] = {"current": LoginByCodeStage.key}
    stage = LoginByCodeStage(LoginStageController(request, login), request, login)
    stage.state.update(LoginCodeVerificationProcess.initial_state(user=user, email=email))
    stage.state["initiated_by_user"] = True
    LoginCodeVerificationProcess(stage=stage).persist()
