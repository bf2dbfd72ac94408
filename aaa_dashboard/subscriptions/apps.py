from django.apps import AppConfig


class SubscriptionsConfig(AppConfig):
    name = "aaa_dashboard.subscriptions"

    def ready(self) -> None:
        from aaa_dashboard.webhooks.signals import began, ended

        from .checking import webhook_began, webhook_ended

        began.connect(webhook_began, dispatch_uid="subscriptions of a webhook that is new here")
        ended.connect(webhook_ended, dispatch_uid="subscriptions of a webhook that ended")
