from django.apps import AppConfig


class SubscriptionsConfig(AppConfig):
    name = "aaa_dashboard.subscriptions"

    def ready(self) -> None:
        from aaa_dashboard.webhooks.signals import ended

        from .checking import webhook_ended

        ended.connect(webhook_ended, dispatch_uid="subscriptions of a webhook that ended")
