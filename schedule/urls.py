from django.urls import path, re_path

from schedule.attending import bookmarks, timer
from schedule.changes import change_log
from schedule.feeds.exporting import views as exporting
from schedule.programme import views

urlpatterns = [
    path("schedule/", views.schedule, name="schedule"),
    path("schedule/changes/", change_log.changes, name="changes"),
    path("schedule/changes.atom", change_log.changes_feed, name="changes_feed"),
    *(
        path(
            f"schedule.{format}", exporting.programme_file, {"format": format}, f"schedule_{format}"
        )
        for format in exporting.WRITERS
    ),
    path("talks/<slug:code>/", views.talk, name="talk"),
    path("talks/<slug:code>/talk.ics", exporting.talk_ics, name="talk_ics"),
    path("talks/<slug:code>/star/", bookmarks.star, name="star"),
    path("my/stars.json", bookmarks.stars, name="stars"),
    path("my/agenda/", bookmarks.agenda, name="agenda"),
    path("my/agenda/link/", bookmarks.new_link, name="agenda_link"),
    path("talks/<slug:code>/timer/", timer.timer, name="timer"),
    path("talks/<slug:code>/timer.json", timer.timer_json, name="timer_json"),
    path("talks/<slug:code>/chair/", timer.chair, name="chair"),
    path("talks/<slug:code>/chair/say/", timer.say, name="chair_say"),
    path("talks/<slug:code>/chair/extend/", timer.give_time, name="chair_extend"),
    path("talks/<slug:code>/chair/link/", timer.new_link, name="chair_link"),
    path("speakers/", views.speakers, name="speakers"),
    path("speakers/<slug:code>/", views.speaker, name="speaker"),
    re_path(r"^theme/(?P<colour>[0-9a-fA-F]{6})\.css$", views.theme, name="theme"),
]
