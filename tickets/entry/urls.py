from django.urls import path

from tickets.entry import link_views, order_views

urlpatterns = [
    path("t/<str:token>/", link_views.entry, name="entry"),
    path("tickets/claim/", order_views.claim, name="claim"),
    path("tickets/claim/code/", order_views.claim_code, name="claim_code"),
]
