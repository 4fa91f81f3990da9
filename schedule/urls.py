from django.urls import path

from schedule import views

urlpatterns = [
    path("schedule/", views.schedule, name="schedule"),
    path("talks/<slug:code>/", views.talk, name="talk"),
    path("speakers/", views.speakers, name="speakers"),
    path("speakers/<slug:code>/", views.speaker, name="speaker"),
]
