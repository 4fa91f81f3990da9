from django.urls import path

from streaming import views

urlpatterns = [
    path("rooms/<slug:slug>/", views.room, name="room"),
    path("rooms/<slug:slug>/playback.json", views.playback, name="playback"),
    path("live.json", views.live, name="live"),
    path("pulse/", views.pulse, name="pulse"),
    path("pulse/leave/", views.leave, name="leave"),
]
