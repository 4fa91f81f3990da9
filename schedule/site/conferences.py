"""Which conference a host belongs to, and the number of its programme now."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port, validate_host
from django.utils.translation import gettext as _

from lib.cached import OnceASecond
from schedule.models import Conference, ProgrammeRevision


@dataclass(frozen=True)
class Directory:
    conferences: tuple[Conference, ...]
    revisions: dict[int, int]

    def conference_at(self, host: str) -> Conference | None:
        """By domain; the sole conference answers everywhere. Of several none takes what no other one
        has: whoever makes or renames one could else move another's host to it.
        """
        for conference in self.conferences:
            if conference.domain == host:
                return conference
        return self.conferences[0] if len(self.conferences) == 1 else None


def host_problem(conference: Conference, *, is_alone: bool) -> str:
    """Why nobody reaches it, and what to do; "": it is reached."""
    if conference.domain is None:
        return "" if is_alone else _("It answers nowhere: give it a domain.")
    if validate_host(conference.domain, settings.ALLOWED_HOSTS):
        return ""
    return _("Add %(domain)s to ALLOWED_HOSTS.") % {"domain": conference.domain}


def read_directory() -> Directory:
    # The numbers first: a change between the two reads makes the number too old, never too new.
    revisions = dict(ProgrammeRevision.objects.values_list("conference_id", "number"))
    return Directory(tuple(Conference.objects.all()), revisions)


directory = OnceASecond(read_directory)


def host_of(request: HttpRequest) -> str:
    host, _port = split_domain_port(request.get_host())
    return host
