"""Login codes: how many are mailed to an address, and the last of them.

A code is good in the browser that asked for it. The last one that was mailed is good in every browser
that asked for a code for the same address, because a stranger can use up the mails of an address: who
reads its mail then has a good code all the same. Its life is as long as the time in which mails are
counted, so where no mail may go out there is such a code.
"""

from allauth.account.internal.flows.login_by_code import LoginCodeVerificationProcess
from allauth.account.models import Login
from allauth.account.stages import LoginByCodeStage, LoginStageController
from django.conf import settings
from django.contrib import messages
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from tickets.accounts.devices.known import tries_key
from tickets.accounts.rate_limits import consume
from tickets.models import User

_SALT = "tickets.accounts.codes"


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


def remember_last(email: str, code: str) -> None:
    cache.set(_key(email), _hash(email, code), settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT)


def is_last(request: HttpRequest, email: str, code: str) -> bool:
    """Whether this is the last code that was mailed; then it is no longer good. Guesses are counted
    by address, from however many browsers they come.
    """
    if not consume(request, action="guess_last_code", key=email):
        return False
    kept = cache.get(_key(email), "")
    return constant_time_compare(kept, _hash(email, code)) and forget_last(email)


def forget_last(email: str) -> bool:
    """Whether there was one."""
    return bool(cache.delete(_key(email)))


def _key(email: str) -> str:
    return f"last_code:{salted_hmac(_SALT, email, algorithm='sha256').hexdigest()}"


def _hash(email: str, code: str) -> str:
    digits = "".join(filter(str.isdecimal, code))
    return salted_hmac(_SALT, f"{email} {digits}", algorithm="sha256").hexdigest()
