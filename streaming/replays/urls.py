from django.urls import path

from streaming.replays import views

urlpatterns = [
    path("", views.replays, name="replays"),
    path("<slug:code>/", views.replay, name="replay"),
    path("<slug:code>/playback.json", views.playback, name="replay_playback"),
]
