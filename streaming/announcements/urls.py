from django.urls import path

from streaming.announcements import views

urlpatterns = [
    path("", views.history, name="announcements"),
    path("now.json", views.now, name="announcements_now"),
]
