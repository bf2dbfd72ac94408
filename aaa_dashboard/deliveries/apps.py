from django.apps import AppConfig


class DeliveriesConfig(AppConfig):
    name = "aaa_dashboard.deliveries"
