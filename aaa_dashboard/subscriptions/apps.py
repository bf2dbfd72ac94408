from typing import Any

from django.apps import AppConfig


class SubscriptionsConfig(AppConfig):
    name = "aaa_dashboard.subscriptions"

    def ready(self) -> None:
        from aaa_dashboard.webhooks.signals import ended

        ended.connect(_close, dispatch_uid="subscriptions of a webhook end with it")


def _close(*, webhook: Any, **_: Any) -> None:
    from .moving import close

    close(webhook)
