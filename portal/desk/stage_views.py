"""Acts of the desk on pictures and announcements: each is one press, and one more takes it back."""

from typing import cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from portal.desk.stage import stage_context
from portal.desk.stage_forms import AnnounceForm, SlateForm, SwitchForm
from portal.desk.views import DeskRequest, desk_view
from schedule.models import Room
from streaming.announcements.announcing import announce as announce_now
from streaming.announcements.announcing import end
from streaming.models import Announcement
from streaming.watching import switching
from tickets.models import User


@desk_view
@require_safe
def stage(request: DeskRequest) -> HttpResponse:
    """What the open desk asks for every few seconds: the pictures' part of it alone."""
    context = stage_context(request.conference, request.programme_revision, request.reach)
    return render(request, "portal/desk/_stages.html", context)


def _room(request: DeskRequest, slug: str) -> Room:
    room = get_object_or_404(Room, conference=request.conference, slug=slug)
    if not request.reach.covers(room.pk):
        raise PermissionDenied
    return room


def _back_to(room: Room | None = None) -> HttpResponse:
    place = f"#room-{room.slug}" if room else "#announced"
    return HttpResponseRedirect(reverse("desk:index") + place)


def _actor(request: DeskRequest) -> User:
    return cast(User, request.user)  # desk_view let no anonymous in


@desk_view
@require_POST
def switch(request: DeskRequest, slug: str) -> HttpResponse:
    room = _room(request, slug)
    form = SwitchForm(request.POST, room=room)
    if form.is_valid():
        done = switching.switch_to(form.cleaned_data["stream"], actor=_actor(request))
        messages.success(request, f"{room}: {done}")
    else:
        messages.error(request, _("This stream is gone."))
    return _back_to(room)


@desk_view
@require_POST
def slate(request: DeskRequest, slug: str) -> HttpResponse:
    room = _room(request, slug)
    form = SlateForm(request.POST)
    if form.is_valid():
        done = switching.put_up_slate(room, form.cleaned_data["words"], actor=_actor(request))
        messages.success(request, f"{room}: {done}")
    else:
        messages.error(request, _("Say it in 1 to 200 characters."))
    return _back_to(room)


@desk_view
@require_POST
def slate_down(request: DeskRequest, slug: str) -> HttpResponse:
    room = _room(request, slug)
    messages.success(request, f"{room}: {switching.take_down_slate(room, actor=_actor(request))}")
    return _back_to(room)


@desk_view
@require_POST
def switch_back(request: DeskRequest, slug: str) -> HttpResponse:
    room = _room(request, slug)
    messages.success(request, f"{room}: {switching.switch_back(room, actor=_actor(request))}")
    return _back_to(room)


@desk_view
@require_POST
def announce(request: DeskRequest) -> HttpResponse:
    if not request.reach.is_organizer:
        raise PermissionDenied
    form = AnnounceForm(request.POST, conference=request.conference)
    if not form.is_valid():
        problems = [str(each) for problem in form.errors.values() for each in problem]
        messages.error(request, " ".join(problems))
        return _back_to()
    until = form.ends_at(timezone.now())
    announce_now(form.instance, until=until, actor=_actor(request))
    messages.success(request, _("Announced: %(text)s") % {"text": form.instance})
    return _back_to()


@desk_view
@require_POST
def end_announcement(request: DeskRequest, pk: int) -> HttpResponse:
    if not request.reach.is_organizer:
        raise PermissionDenied
    current = Announcement.objects.filter(conference=request.conference)
    announcement = get_object_or_404(current.current_at(timezone.now()), pk=pk)
    end(announcement, actor=_actor(request))
    messages.success(request, _("Ended: %(text)s") % {"text": announcement})
    return _back_to()
