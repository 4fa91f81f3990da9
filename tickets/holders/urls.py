from django.urls import path

from tickets.accounts import hand_over_views
from tickets.holders import link_views, order_views, passing_views

urlpatterns = [
    path("t/<str:token>/", link_views.entry, name="entry"),
    path("tickets/claim/", order_views.claim, name="claim"),
    path("tickets/claim/code/", order_views.claim_code, name="claim_code"),
    path("tickets/<int:pk>/pass-on/", passing_views.pass_ticket_on, name="pass_on"),
    path("tickets/<int:pk>/release/", passing_views.release_ticket, name="release"),
    path("my/devices/add/", hand_over_views.device_add, name="device_add"),
    path("my/devices/add/answer/", hand_over_views.device_answer, name="device_answer"),
    path("in/", hand_over_views.come_in, name="come_in"),
    path("in/wait/", hand_over_views.come_in_wait, name="come_in_wait"),
]
