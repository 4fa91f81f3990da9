"""How allauth behaves here."""

import logging
from datetime import timedelta
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal.httpkit import clean_client_ip
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from schedule.site.cookies import cookie_of
from schedule.site.request import is_of_this_host
from schedule.site.zones import COOKIE, known_zone, remember_zone
from tickets.accounts.codes.last import remember_last
from tickets.accounts.devices.known import remember_device, tries_key
from tickets.admission.claiming import claim_tickets
from tickets.admission.request import TicketRequest
from tickets.admission.sign_in import SignIn, SignInWay
from tickets.mail.mailing import post
from tickets.mail.relays import NotSent
from tickets.mail.strangers import network_of
from tickets.models import Claim, User

logger = logging.getLogger(__name__)
# The ways of signing in that bring the tickets in the person's name, and make the device known. A link that was shown at the help
# desk, or another device, says nothing of whose mail it is.
_CLAIM_WAYS: dict[SignInWay | None, Claim.Way] = {
    SignInWay.CODE: Claim.Way.EMAIL,
    SignInWay.PASSWORD: Claim.Way.EMAIL,
    SignInWay.PROVIDER: Claim.Way.EMAIL,
    SignInWay.LINK: Claim.Way.LINK,
}


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "incorrect_code": _("This is not the code in our last mail to you."),
        "too_many_login_attempts": _("Too many wrong attempts. Ask for a new code."),
    }

    def login(self, request: HttpRequest, user: User) -> None:
        """Who is signed in already gets a new key too: whoever else has the cookie of a session that
        began by a link shall not have it once the session carries rights.
        """
        if SESSION_KEY in request.session:
            request.session.cycle_key()
        super().login(request, user)

    def post_login(self, request: TicketRequest, user: User, **kwargs: Any) -> HttpResponse:
        claim_way = _CLAIM_WAYS.get(SignIn.of(request.session).way)
        if claim_way is not None:
            claim_tickets(request.conference, user, way=claim_way)
        response: HttpResponse = super().post_login(request, user, **kwargs)
        chosen = cookie_of(request, COOKIE)
        if user.time_zone:
            remember_zone(response, user.time_zone)
        elif chosen and known_zone(chosen):
            user.time_zone = chosen
            user.save(update_fields=["time_zone"])
        if claim_way is not None:
            remember_device(request, response, user.email)
        return response

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Wrong passwords of strangers do not keep out who has signed in here before."""
        return tries_key(request, credentials.get("email", ""))

    def is_safe_url(self, url: str | None) -> bool:
        return is_of_this_host(self.request, url or "")

    def get_client_ip(self, request: HttpRequest) -> str:
        """With fewer proxies in front than TRUSTED_PROXIES says, the operator reads why, and people
        still sign in: the first address was then written by a proxy of ours as well.
        """
        try:
            address: str | None = super().get_client_ip(request)
        except ImproperlyConfigured:
            addresses = request.headers["X-Forwarded-For"].split(",")
            logger.error(
                "TRUSTED_PROXIES is %d, but X-Forwarded-For has passed %d: set it to that number.",
                settings.TRUSTED_PROXIES,
                len(addresses),
            )
            address = clean_client_ip(addresses[0])
        if not address:
            raise PermissionDenied
        return address

    def send_mail(self, template_prefix: str, email: str, values: dict[str, object]) -> None:
        request = self.request
        values = {"request": request, "email": email, **values}
        message = self.render_mail(template_prefix, email, values)
        code = values.get("code")
        if code:
            remember_last(email, str(code))
        lifetime = timedelta(seconds=settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT)
        try:
            post(
                to=email,
                subject=message.subject,
                body=message.body,
                conference=request.conference,
                expires_at=timezone.now() + lifetime if code else None,
                asked_from=network_of(self.get_client_ip(request)) if code else None,
            )
        except NotSent as error:
            page = render(request, "account/mail_failed.html", status=503)
            raise ImmediateHttpResponse(page) from error

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        *args: object,
        **kwargs: object,
    ) -> None:
        """Without "you have signed in": the page that follows shows it, and is the same for all,
        so the message would wait for some other page, hours later.
        """
        is_greeting = (message_template or "").startswith("account/messages/")
        if level >= messages.ERROR or not is_greeting:
            super().add_message(request, level, message_template, *args, **kwargs)
