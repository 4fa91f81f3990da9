from django.urls import URLPattern, path

from portal.desk import stage_forms, views
from portal.desk.changes import UndoForm
from portal.desk.forms import ActForm


def press(route: str, form_class: type[ActForm], name: str) -> URLPattern:
    return path(route, views.press, {"form_class": form_class}, name=name)


app_name = "desk"
urlpatterns = [
    path("", views.index, name="index"),
    path("warnings/", views.warnings, name="warnings"),
    path("rooms/<slug:slug>/", views.room, name="room"),
    path("talks/<slug:code>/", views.talk, name="talk"),
    path("stage/", views.stage, name="stage"),
    press("rooms/<slug:slug>/switch/", stage_forms.SwitchForm, "switch"),
    press("rooms/<slug:slug>/switch/back/", stage_forms.SwitchBackForm, "switch_back"),
    press("rooms/<slug:slug>/slate/", stage_forms.SlateForm, "slate"),
    press("rooms/<slug:slug>/slate/down/", stage_forms.SlateDownForm, "slate_down"),
    press("announcements/", stage_forms.AnnounceForm, "announce"),
    press("announcements/<int:pk>/end/", stage_forms.EndAnnouncementForm, "end_announcement"),
    press("changes/<int:pk>/undo/", UndoForm, "undo"),
    path("<slug:act>/", views.act, name="act"),
]
