from django.apps import AppConfig
from django.db.models.signals import post_migrate


class DeliveriesConfig(AppConfig):
    name = "aaa_dashboard.deliveries"

    def ready(self) -> None:
        from aaa_dashboard.subscriptions.signals import owner_left
        from aaa_dashboard.webhooks.signals import valid_again

        from . import hand_over
        from .gaps import hurrying
        from .search import after_migrate
        from .takedown import owners

        post_migrate.connect(after_migrate, sender=self)
        hand_over.register("tweet_delete_events", owners.post_deleted)
        hand_over.register("post.delete", owners.post_deleted)
        hand_over.register("user_event", owners.access_revoked)
        hand_over.register("oauth.revoke", owners.access_revoked)
        owner_left.connect(owners.owner_left, dispatch_uid="events of an owner who left")
        valid_again.connect(hurrying.look_soon, dispatch_uid="gaps of a webhook that is valid again")
