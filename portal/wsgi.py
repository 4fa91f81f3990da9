import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

from lib.steady.patience import answer_people

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

answer_people()
try:
    application = get_wsgi_application()
except ImproperlyConfigured as error:
    # The number tells gunicorn that another try would end the same.
    print(error, file=sys.stderr)
    sys.exit(4)
