from django.urls import path

from tickets.helpdesk import views

app_name = "helpdesk"
urlpatterns = [
    path("", views.index, name="index"),
    path("people/<int:pk>/", views.person, name="person"),
    path("tickets/<int:pk>/", views.ticket, name="ticket"),
    path("speakers/", views.speakers, name="speakers"),
    path("<slug:act>/", views.act, name="act"),
]
