from django.urls import path, re_path

from schedule import views

urlpatterns = [
    path("schedule/", views.schedule, name="schedule"),
    path("talks/<slug:code>/", views.talk, name="talk"),
    path("speakers/", views.speakers, name="speakers"),
    path("speakers/<slug:code>/", views.speaker, name="speaker"),
    re_path(r"^theme/(?P<colour>[0-9a-fA-F]{6})\.css$", views.theme, name="theme"),
]
