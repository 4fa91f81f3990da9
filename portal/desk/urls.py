from django.urls import path

from portal.desk import stage_views, views

app_name = "desk"
urlpatterns = [
    path("", views.index, name="index"),
    path("warnings/", views.warnings, name="warnings"),
    path("rooms/<slug:slug>/", views.room, name="room"),
    path("talks/<slug:code>/", views.talk, name="talk"),
    path("rooms/<slug:slug>/switch/", stage_views.switch, name="switch"),
    path("rooms/<slug:slug>/switch/back/", stage_views.switch_back, name="switch_back"),
    path("rooms/<slug:slug>/slate/", stage_views.slate, name="slate"),
    path("rooms/<slug:slug>/slate/down/", stage_views.slate_down, name="slate_down"),
    path("stage/", stage_views.stage, name="stage"),
    path("announcements/", stage_views.announce, name="announce"),
    path("announcements/<int:pk>/end/", stage_views.end_announcement, name="end_announcement"),
    path("changes/<int:pk>/undo/", views.undo_change, name="undo"),
    path("<slug:act>/", views.act, name="act"),
]
