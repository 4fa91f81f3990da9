from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from portal import views
from portal.health import healthz, readyz
from portal.keeping import views as keeping_views
from portal.observing.error_page import server_error
from portal.observing.prometheus.metrics import metrics
from tickets.admission.refusals import forbidden

handler403 = forbidden
handler500 = server_error
urlpatterns = [
    path("", views.home, name="home"),
    path("lobby/", views.lobby, name="lobby"),
    path("my/data/", keeping_views.my_data, name="my_data"),
    path("my/data/download/", keeping_views.download, name="download_my_data"),
    path("my/data/delete/", keeping_views.delete_my_account, name="delete_my_account"),
    path("", include("schedule.urls")),
    path("", include("streaming.urls")),
    path("", include("tickets.urls")),
    path("accounts/", include("tickets.accounts.urls")),
    path(f"{settings.ADMIN_PATH}desk/", include("portal.desk.urls")),
    path(f"{settings.ADMIN_PATH}helpdesk/", include("tickets.helpdesk.urls")),
    path(f"{settings.ADMIN_PATH}mistakes/", include("portal.mistakes.urls")),
    path(settings.ADMIN_PATH, admin.site.urls),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
]
