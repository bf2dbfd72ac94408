"""The Celery application: `celery -A aaa_dashboard.celery worker` and `… beat`.

Tasks are declared with `@background.task("<app>.<what it does>")` in each app's `tasks.py`.
"""

import os

from celery import Celery

from aaa_dashboard.checks import stop_if_unsafe

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aaa_dashboard.settings")
stop_if_unsafe()

app = Celery("aaa_dashboard")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
