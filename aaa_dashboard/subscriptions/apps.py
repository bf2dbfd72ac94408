from django.apps import AppConfig


class SubscriptionsConfig(AppConfig):
    name = "aaa_dashboard.subscriptions"
