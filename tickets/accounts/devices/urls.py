from django.urls import path

from tickets.accounts.devices import views

urlpatterns = [
    path("my/devices/", views.devices, name="devices"),
    path("my/devices/<int:pk>/end/", views.end_device, name="end_device"),
    path("my/devices/end-others/", views.end_other_devices, name="end_other_devices"),
]
