from django.urls import path

from tickets.entry import link_views, order_views, passing_views

urlpatterns = [
    path("t/<str:token>/", link_views.entry, name="entry"),
    path("tickets/claim/", order_views.claim, name="claim"),
    path("tickets/claim/code/", order_views.claim_code, name="claim_code"),
    path("tickets/<int:pk>/pass-on/", passing_views.pass_ticket_on, name="pass_on"),
    path("tickets/<int:pk>/release/", passing_views.release_ticket, name="release"),
]
