from django.apps import AppConfig
from django.db.models.signals import post_migrate


class DeliveriesConfig(AppConfig):
    name = "aaa_dashboard.deliveries"

    def ready(self) -> None:
        from .search import after_migrate

        post_migrate.connect(after_migrate, sender=self)
