from django.apps import AppConfig


class ReplaysConfig(AppConfig):
    name = "aaa_dashboard.replays"

    def ready(self) -> None:
        from aaa_dashboard.deliveries import gaps, hand_over, recovered
        from aaa_dashboard.staff.notices import kinds
        from aaa_dashboard.staff.notices.conditions import gaps as of_gaps
        from aaa_dashboard.staff.overview import panels
        from aaa_dashboard.webhooks import owed as owed_to_webhooks
        from aaa_dashboard.webhooks.signals import ended

        from .completing import completed
        from .ending import webhook_ended
        from .marking import openings
        from .notices import KINDS
        from .owed import owed
        from .panel import panel
        from .recovering import waiting
        from .running import was_replaying

        ended.connect(webhook_ended, dispatch_uid="replays of a webhook that ended")
        recovered.register(openings)
        gaps.register_replays(was_replaying)
        owed_to_webhooks.register(owed)
        hand_over.register("replay_job_status", completed)
        panels.register(panel)
        of_gaps.register(waiting)
        for kind in KINDS:
            kinds.register(kind)
