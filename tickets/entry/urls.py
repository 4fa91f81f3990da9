from django.urls import path

from tickets.entry import link_views

urlpatterns = [
    path("t/<str:token>/", link_views.entry, name="entry"),
]
