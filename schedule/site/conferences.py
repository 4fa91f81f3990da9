"""Which conference a host belongs to, and the number of its programme now."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.http.request import split_domain_port

from lib.cached import OnceASecond
from schedule.models import Conference, ProgrammeRevision


@dataclass(frozen=True)
class Directory:
    conferences: tuple[Conference, ...]
    revisions: dict[int, int]

    def conference_at(self, host: str) -> Conference | None:
        """By domain; else the sole conference, or the only one that has no domain."""
        for conference in self.conferences:
            if conference.domain == host:
                return conference
        without = [each for each in self.conferences if each.domain is None]
        candidates = self.conferences if len(self.conferences) == 1 else without
        return candidates[0] if len(candidates) == 1 else None


def read_directory() -> Directory:
    # The numbers first: a change between the two reads makes the number too old, never too new.
    revisions = dict(ProgrammeRevision.objects.values_list("conference_id", "number"))
    return Directory(tuple(Conference.objects.all()), revisions)


directory = OnceASecond(read_directory)


def host_of(request: HttpRequest) -> str:
    host, _port = split_domain_port(request.get_host())
    return host
