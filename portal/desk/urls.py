from django.urls import path

from portal.desk import views

app_name = "desk"
urlpatterns = [
    path("", views.index, name="index"),
    path("warnings/", views.warnings, name="warnings"),
    path("rooms/<slug:slug>/", views.room, name="room"),
    path("talks/<slug:code>/", views.talk, name="talk"),
    path("changes/<int:pk>/undo/", views.undo_change, name="undo"),
    path("<slug:act>/", views.act, name="act"),
]
