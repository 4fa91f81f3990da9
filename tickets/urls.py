from django.urls import path

from tickets import views
from tickets.agenda import agenda_feed

urlpatterns = [
    path("tickets/", views.tickets, name="tickets"),
    path("tickets/claim/", views.claim, name="claim"),
    path("my/zone/", views.zone, name="zone"),
    path("my/agenda/<str:secret>.ics", agenda_feed, name="agenda_feed"),
    path("me.json", views.me, name="me"),
]
