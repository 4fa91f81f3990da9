from django.urls import include, path

from streaming.watching import player_page, tech_check, views
from streaming.watching.joining import join

urlpatterns = [
    path("rooms/<slug:slug>/", views.room, name="room"),
    path("rooms/<slug:slug>/playback.json", views.playback, name="playback"),
    path("rooms/<slug:slug>/join/", join, name="join"),
    path("rooms/<slug:slug>/player/", player_page.player, name="player"),
    path("rooms/<slug:slug>/check/", tech_check.check, name="check"),
    path("rooms/<slug:slug>/check/playback.json", tech_check.playback, name="check_playback"),
    path("rooms/<slug:slug>/check/live.json", tech_check.check_live, name="check_live"),
    path("as-of/live.json", tech_check.live_as_of, name="live_as_of"),
    path("replays/", include("streaming.replays.urls")),
    path("live.json", views.live, name="live"),
    path("announcements/", include("streaming.announcements.urls")),
    path("pulse/", views.pulse, name="pulse"),
    path("_origin/", include("streaming.origin.urls")),
    path("report/", views.report, name="report"),
    path("pulse/leave/", views.leave, name="leave"),
]
