from django.apps import AppConfig

from aaa_dashboard import checks


class StaffConfig(AppConfig):
    name = "aaa_dashboard.staff"

    def ready(self) -> None:
        checks.register()
        from aaa_dashboard.subscriptions.signals import account_forgotten

        from . import heartbeats  # noqa: F401 - connects itself to the signals of workers; needs the models
        from .names import forget

        account_forgotten.connect(forget, dispatch_uid="names in notices and in the audit")
