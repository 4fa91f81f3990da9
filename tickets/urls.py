from django.urls import path

from tickets.accounts import views as account_views
from tickets.helpdesk.views import why
from tickets.holders import link_views
from tickets.holders import views as holder_views
from tickets.holders.agenda_feed import agenda_feed
from tickets.sources.hooks import hook

urlpatterns = [
    path("me.json", account_views.me, name="me"),
    path("my/zone/", account_views.zone, name="zone"),
    path("my/devices/", account_views.devices, name="devices"),
    path("my/devices/<int:pk>/end/", account_views.end_device, name="end_device"),
    path("my/devices/end-others/", account_views.end_other_devices, name="end_other_devices"),
    path("my/devices/add/", account_views.device_add, name="device_add"),
    path("my/devices/add/answer/", account_views.device_answer, name="device_answer"),
    path("in/", account_views.come_in, name="come_in"),
    path("in/wait/", account_views.come_in_wait, name="come_in_wait"),
    path("t/<str:token>/", link_views.entry, name="entry"),
    path("tickets/", holder_views.tickets, name="tickets"),
    path("tickets/find/", holder_views.find, name="find_ticket"),
    path("tickets/why/", why, name="why"),
    path("tickets/claim/", holder_views.claim, name="claim"),
    path("tickets/claim/code/", holder_views.claim_code, name="claim_code"),
    path("tickets/<int:pk>/pass-on/", holder_views.pass_ticket_on, name="pass_on"),
    path("tickets/<int:pk>/release/", holder_views.release_ticket, name="release"),
    path("my/agenda/<str:secret>.ics", agenda_feed, name="agenda_feed"),
    path("hooks/<slug:shop>/<str:secret>/", hook, name="hook"),
]
