from collections.abc import Callable

from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.views.decorators.cache import never_cache

from portal.desk import stage_forms, views
from portal.desk.forms import ActForm
from schedule.site.scoped_admin import in_venue_zone


def page(
    route: str, view: Callable[..., HttpResponseBase], name: str, **options: object
) -> URLPattern:
    """Each page is in the venue's zone, and none is kept."""
    return path(route, never_cache(in_venue_zone(view)), options, name=name)


def press(route: str, form_class: type[ActForm], name: str) -> URLPattern:
    return page(route, views.press, name, form_class=form_class)


app_name = "desk"
urlpatterns = [
    page("", views.index, "index"),
    page("warnings/", views.warnings, "warnings"),
    page("readiness/", views.readiness, "readiness"),
    page("rooms/<slug:slug>/", views.room, "room"),
    page("talks/<slug:code>/", views.talk, "talk"),
    page("stage/", views.stage, "stage"),
    press("rooms/<slug:slug>/switch/", stage_forms.SwitchForm, "switch"),
    press("rooms/<slug:slug>/switch/back/", stage_forms.SwitchBackForm, "switch_back"),
    press("rooms/<slug:slug>/slate/", stage_forms.SlateForm, "slate"),
    press("rooms/<slug:slug>/slate/down/", stage_forms.SlateDownForm, "slate_down"),
    press("announcements/", stage_forms.AnnounceForm, "announce"),
    press("announcements/<int:pk>/end/", stage_forms.EndAnnouncementForm, "end_announcement"),
    page("changes/<int:pk>/undo/", views.undo, "undo"),
    page("<slug:act>/", views.act, "act"),
]
