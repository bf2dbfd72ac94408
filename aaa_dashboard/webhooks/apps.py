from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "aaa_dashboard.webhooks"
