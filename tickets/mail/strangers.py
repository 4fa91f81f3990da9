"""How many login codes go to addresses that we have never heard of.

Anybody can ask for a code for any address, so without a bound our relay would mail whomever somebody
likes, until its mails are taken for spam everywhere and nobody gets a code. The worker counts, so no
page shows whether an address is known. Known ones are never held up.

Most people's addresses are on their tickets. Of 2,000 who come in within ten minutes from a venue's one
network, those 600 whose tickets are in another address, or who have none, get their codes.
"""

import ipaddress
import logging

from django.conf import settings
from django.core.cache import cache
from django.db.models import Q
from django.utils.crypto import salted_hmac

from lib.rates import Rate, count
from schedule.models import Speaker
from tickets.models import Ticket, User
from tickets.models.roles import SOURCES

logger = logging.getLogger(__name__)

HOUR = 3600
PER_MAILBOX, MAILBOX_SECONDS = 5, 15 * 60
# A network of one provider's customer: what somebody with many addresses has.
PREFIXES = {4: 24, 6: 48}
# A fifth of what the installation sends an hour.
SHARE_OF_NETWORK = 5
# Hosts that deliver a mail whatever dots its address has.
_WITHOUT_DOTS = {"gmail.com", "googlemail.com"}


def network_of(address: str) -> str:
    """The network of an IP address as a fingerprint, since tasks are kept for a while."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return ""
    network = ipaddress.ip_network((ip, PREFIXES[ip.version]), strict=False)
    return salted_hmac("tickets.mail.strangers", str(network), algorithm="sha256").hexdigest()[:32]


def may_be_mailed(email: str, network: str) -> bool:
    """Whether a code may go to the folded address, asked for from this network."""
    if is_known(email):
        return True
    hourly = settings.STRANGER_MAILS_PER_HOUR
    rates = [
        Rate(f"stranger:{mailbox_of(email)}", PER_MAILBOX, MAILBOX_SECONDS),
        Rate(f"strangers:{network}", max(hourly // SHARE_OF_NETWORK, 1), HOUR),
        Rate("strangers", max(hourly, 1), HOUR),
    ]
    if count(rates):
        return True
    if cache.add("strangers:said", True, HOUR):
        logger.error(
            "Codes to unknown addresses are held back: more were asked for than STRANGER_MAILS_PER_HOUR,"
            " a fifth of that by one network, or %s a quarter of an hour by one mailbox allow.",
            PER_MAILBOX,
        )
    return False


def is_known(email: str) -> bool:
    """Whether anybody here has to do with the address, other than by asking for a code."""
    has_been_here = Q(last_login__isnull=False) | Q(emailaddress__verified=True)
    is_given = Q(is_superuser=True)
    for relation in (*SOURCES, "grants", "claims"):
        is_given |= Q(**{f"{relation}__isnull": False})
    of_address = Q(holder_email=email) | Q(buyer_email=email)
    return (
        User.objects.filter(has_been_here | is_given, email=email).exists()
        or Ticket.objects.filter(of_address).exists()
        or Speaker.objects.filter(email__iexact=email).exists()
    )


def mailbox_of(email: str) -> str:
    """Where the mail ends up on most hosts. Only for counting: on others these are different people."""
    name, _at, host = email.rpartition("@")
    name = name.partition("+")[0]
    return f"{name.replace('.', '') if host in _WITHOUT_DOTS else name}@{host}"
