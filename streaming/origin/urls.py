from django.urls import path

from streaming.origin import gate, hooks

urlpatterns = [
    path("key/", hooks.key, name="origin_key"),
    path("began/", hooks.began, name="origin_began"),
    path("ended/", hooks.ended, name="origin_ended"),
    path("recorded/", hooks.recorded, name="origin_recorded"),
    path("gate/room/<slug:slug>/", gate.room_gate, name="room_gate"),
    path("gate/recording/<slug:folder>/", gate.recording_gate, name="recording_gate"),
    path("folder/<slug:slug>/", gate.room_folder, name="room_folder"),
]
