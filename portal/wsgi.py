import atexit
import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

from lib.counting.counts import flush, flush_every_second
from lib.steady.patience import answer_people

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

answer_people()
try:
    application = get_wsgi_application()
except ImproperlyConfigured as error:
    # The number tells gunicorn that another try would end the same.
    print(error, file=sys.stderr)
    sys.exit(4)
flush_every_second()
# What was counted in the last second, where gunicorn ends in order.
atexit.register(flush)
