from django.urls import include, path

from tickets.holders import views
from tickets.holders.agenda_feed import agenda_feed
from tickets.sources.hooks import hook

urlpatterns = [
    path("", include("tickets.holders.urls")),
    path("", include("tickets.accounts.devices.urls")),
    path("tickets/", views.tickets, name="tickets"),
    path("tickets/find/", views.find, name="find_ticket"),
    path("tickets/why/", views.why, name="why"),
    path("my/zone/", views.zone, name="zone"),
    path("my/agenda/<str:secret>.ics", agenda_feed, name="agenda_feed"),
    path("hooks/<slug:shop>/<str:secret>/", hook, name="hook"),
    path("me.json", views.me, name="me"),
]
