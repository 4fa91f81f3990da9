from django.urls import path

from streaming.announcements import views as announcements
from streaming.origin import gate, hooks
from streaming.replays import views as replays
from streaming.watching import player_page, reports, tech_check, views

urlpatterns = [
    path("rooms/<slug:slug>/", views.room, name="room"),
    path("rooms/<slug:slug>/playback.json", views.playback, name="playback"),
    path("rooms/<slug:slug>/join/", views.join, name="join"),
    path("rooms/<slug:slug>/player/", player_page.player, name="player"),
    path("rooms/<slug:slug>/check/", tech_check.check, name="check"),
    path("rooms/<slug:slug>/check/playback.json", tech_check.playback, name="check_playback"),
    path("rooms/<slug:slug>/check/live.json", tech_check.check_live, name="check_live"),
    path("as-of/live.json", tech_check.live_as_of, name="live_as_of"),
    path("replays/", replays.replays, name="replays"),
    path("replays/<slug:code>/", replays.replay, name="replay"),
    path("replays/<slug:code>/playback.json", replays.playback, name="replay_playback"),
    path("live.json", views.live, name="live"),
    path("announcements/", announcements.history, name="announcements"),
    path("announcements/now.json", announcements.now, name="announcements_now"),
    path("pulse/", views.pulse, name="pulse"),
    path("pulse/leave/", views.leave, name="leave"),
    path("report/", reports.report, name="report"),
    path("_origin/key/", hooks.key, name="origin_key"),
    path("_origin/began/", hooks.began, name="origin_began"),
    path("_origin/ended/", hooks.ended, name="origin_ended"),
    path("_origin/recorded/", hooks.recorded, name="origin_recorded"),
    path("_origin/gate/room/<slug:slug>/", gate.room_gate, name="room_gate"),
    path("_origin/gate/recording/<slug:folder>/", gate.recording_gate, name="recording_gate"),
    path("_origin/folder/<slug:slug>/", gate.room_folder, name="room_folder"),
]
