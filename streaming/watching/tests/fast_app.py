"""The app as test_fast_clock.py serves it: seconds are short there, so a connection gets more of them
to come about, and is kept, and nobody asks whether a server that is slow by that clock has frozen.
"""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
_database = settings.DATABASES["default"]
_database["ENGINE"] = "django.db.backends.postgresql"
_database["CONN_MAX_AGE"] = None
_database["OPTIONS"]["connect_timeout"] = 3600
application = get_wsgi_application()
