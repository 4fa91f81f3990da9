from django.urls import path, re_path

from schedule.attending.bookmarks import views as bookmark_views
from schedule.attending.timer import views as timer_views
from schedule.changes.change_log import views as changelog_views
from schedule.feeds.exporting import views as exporting_views
from schedule.programme import views

urlpatterns = [
    path("schedule/", views.schedule, name="schedule"),
    path("schedule/changes/", changelog_views.changes, name="changes"),
    path("schedule/changes.atom", changelog_views.changes_feed, name="changes_feed"),
    path("schedule.json", exporting_views.schedule_json, name="schedule_json"),
    path("schedule.xml", exporting_views.schedule_xml, name="schedule_xml"),
    path("schedule.ics", exporting_views.schedule_ics, name="schedule_ics"),
    path("talks/<slug:code>/", views.talk, name="talk"),
    path("talks/<slug:code>/talk.ics", exporting_views.talk_ics, name="talk_ics"),
    path("talks/<slug:code>/star/", bookmark_views.star, name="star"),
    path("my/stars.json", bookmark_views.stars, name="stars"),
    path("my/agenda/", bookmark_views.agenda, name="agenda"),
    path("my/agenda/link/", bookmark_views.new_link, name="agenda_link"),
    path("talks/<slug:code>/timer/", timer_views.timer, name="timer"),
    path("talks/<slug:code>/timer.json", timer_views.timer_json, name="timer_json"),
    path("talks/<slug:code>/chair/", timer_views.chair, name="chair"),
    path("talks/<slug:code>/chair/say/", timer_views.say, name="chair_say"),
    path("talks/<slug:code>/chair/extend/", timer_views.give_time, name="chair_extend"),
    path("talks/<slug:code>/chair/link/", timer_views.new_link, name="chair_link"),
    path("speakers/", views.speakers, name="speakers"),
    path("speakers/<slug:code>/", views.speaker, name="speaker"),
    re_path(r"^theme/(?P<colour>[0-9a-fA-F]{6})\.css$", views.theme, name="theme"),
]
