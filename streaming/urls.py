from django.urls import include, path

from streaming import views
from streaming.joining import join

urlpatterns = [
    path("rooms/<slug:slug>/", views.room, name="room"),
    path("rooms/<slug:slug>/playback.json", views.playback, name="playback"),
    path("rooms/<slug:slug>/join/", join, name="join"),
    path("replays/", include("streaming.replays.urls")),
    path("live.json", views.live, name="live"),
    path("announcements/", include("streaming.announcements.urls")),
    path("pulse/", views.pulse, name="pulse"),
    path("_origin/", include("streaming.origin.urls")),
    path("report/", views.report, name="report"),
    path("pulse/leave/", views.leave, name="leave"),
]
