from django.urls import path

from tickets import views

urlpatterns = [
    path("tickets/", views.tickets, name="tickets"),
    path("tickets/claim/", views.claim, name="claim"),
    path("my/zone/", views.zone, name="zone"),
    path("me.json", views.me, name="me"),
]
