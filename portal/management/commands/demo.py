import os
from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.demo.large import large_plan
from portal.demo.people import (
    ATTENDEE,
    HOLDERS,
    ORGANIZER,
    STRANGER,
    organizer_has,
    usual_password,
    write_organizer,
    write_people,
    write_tickets,
)
from portal.demo.plan import SPEAKER_EMAIL, DemoPlan, small_plan
from portal.demo.write import SLUG, NotTheDemo, demo_conference, write_conference
from schedule.models import Conference
from schedule.programme.timeline import timeline_now


class Command(BaseCommand):
    help = (
        "Make a demo conference that is live right now, or move it to now: the same every time but"
        " for its times. What was changed in it by hand is put back. Exit status 0: it is there."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, default=1, help="another one for another programme")
        parser.add_argument(
            "--if-empty", action="store_true", help="only if there is no conference at all"
        )
        parser.add_argument(
            "--talks", type=int, metavar="N", help="a large programme instead, for measuring"
        )
        parser.add_argument(
            "--people", type=int, metavar="N", default=0, help="so many more who hold a ticket"
        )
        parser.add_argument("--password", help=f"of {ORGANIZER}")

    def handle(
        self,
        *,
        seed: int,
        if_empty: bool,
        talks: int | None,
        people: int,
        password: str | None,
        **_options: object,
    ) -> None:
        if talks is not None and talks < 1:
            raise CommandError(_("--talks: a conference has one at least."))
        if people < 0:
            raise CommandError(_("--people: there cannot be fewer than none."))
        now = timezone.now()
        try:
            conference = demo_conference()
        except NotTheDemo:
            raise CommandError(
                _(
                    "There is a conference “%(slug)s” that this command did not make. It stays as it is."
                )
                % {"slug": SLUG}
            ) from None
        if if_empty and Conference.objects.exists():
            self._leave(conference, now)
            return
        plan = large_plan(seed, now, talks) if talks else small_plan(seed, now)
        try:
            conference = write_conference(plan)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        products = write_tickets(conference, plan)
        write_people(conference, products, people, lambda done: self._tell(done, people))
        write_organizer(password)
        self._say_what_is_on(conference, plan, now)
        self._say_how_to_sign_in(password or usual_password())

    def _tell(self, done: int, of: int) -> None:
        self.stdout.write(_("People: %(done)d of %(of)d") % {"done": done, "of": of})
        self.stdout.flush()

    def _leave(self, demo: Conference | None, now: datetime) -> None:
        if demo is None:
            self.stdout.write(_("There are conferences already, so no demo was made."))
            return
        if not timeline_now(demo).live_at(now):
            self.stdout.write(
                _("The demo conference was on %(day)s. `make demo` moves it to now.")
                % {"day": demo.starts_on}
            )
        self._say_how_to_sign_in(usual_password())

    def _say_what_is_on(self, conference: Conference, plan: DemoPlan, now: datetime) -> None:
        on = plan.live_in("main", now)
        counts = {"talks": len(plan.talks), "rooms": len(plan.rooms), "days": len(plan.days)}
        self.stdout.write(
            _("%(name)s: %(days)d days, %(rooms)d rooms, %(talks)d talks, times of %(zone)s.")
            % {**counts, "name": conference, "zone": plan.zone}
        )
        if on:
            until = timezone.localtime(on.ends_at, conference.zone)
            self.stdout.write(
                _("On in the main room until %(until)s: %(title)s")
                % {"until": f"{until:%H:%M}", "title": on.piece.title}
            )

    def _say_how_to_sign_in(self, password: str) -> None:
        known = password if organizer_has(password) else _("as you have set it")
        address = f"http://localhost:{os.environ.get('PORT', '8000')}/"
        others = [(holder.email, holder.says) for holder in HOLDERS if holder.says]
        lines = [
            (ATTENDEE, _("has a ticket")),
            (STRANGER, _("has none")),
            (SPEAKER_EMAIL, _("speaks, and may enter the room of the own talk")),
            *others,
            (
                ORGANIZER,
                _("organizes. Password %(password)s, admin at %(admin)s")
                % {
                    "password": known,
                    "admin": f"{address}{settings.ADMIN_PATH}",
                },
            ),
        ]
        width = max(len(email) for email, _says in lines)
        self.stdout.write("")
        self.stdout.write(_("Sign in at %(address)s as:") % {"address": address})
        for email, says in lines:
            self.stdout.write(f"  {email:<{width}}  {says}")
        self.stdout.write(_("Login codes appear in this terminal."))
