from django.apps import AppConfig

from aaa_dashboard import checks


class StaffConfig(AppConfig):
    name = "aaa_dashboard.staff"

    def ready(self) -> None:
        checks.register()
