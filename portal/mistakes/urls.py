from django.urls import path
from django.views.decorators.cache import never_cache

from portal.mistakes import views
from schedule.site.scoped_admin import in_venue_zone

app_name = "mistakes"
urlpatterns = [
    path("", never_cache(in_venue_zone(views.index)), name="index"),
    path("<int:pk>/forget/", never_cache(views.forget), name="forget"),
]
