"""What the control API says of things. Secrets are play money and lie open."""

from typing import Any

import orjson

from .. import faults
from ..models import AccessToken, ApiRequest, App, Delivery, Replay, User, Webhook
from ..oauth import tokens

Said = dict[str, Any]


def user(one: User) -> Said:
    return {
        "id": one.x_user_id,
        "screen_name": one.screen_name,
        "name": one.name,
        "is_brand": one.is_brand,
        "is_protected": one.is_protected,
    }


def app(one: App) -> Said:
    owner = AccessToken.objects.select_related("user", "app").filter(app=one, user=one.owner).first()
    return {
        "id": one.x_app_id,
        "name": one.name,
        "consumer_key": one.consumer_key,
        "consumer_secret": one.consumer_secret,
        "bearer_token": tokens.bearer(one),
        "owner": token(owner) if owner else None,
        "permission": one.permission,
        "type": one.type,
        "callback_urls": one.callback_urls,
        "is_suspended": one.is_suspended,
        "may_use_activity": one.may_use_activity,
        "may_replay": one.may_replay,
        "has_contract": one.contract_id is not None,
    }


def token(one: AccessToken) -> Said:
    return {
        "app": one.app.x_app_id,
        "user_id": one.user.x_user_id,
        "screen_name": one.user.screen_name,
        "oauth_token": one.token,
        "oauth_token_secret": one.secret,
    }


def webhook(one: Webhook) -> Said:
    return {
        "id": one.x_webhook_id,
        "app": one.app.x_app_id,
        "url": one.url,
        "valid": one.valid,
        "challenged_at": one.challenged_at.isoformat() if one.challenged_at else None,
        "challenge_problem": one.challenge_problem,
        "subscriptions": [subscription.user.screen_name for subscription in one.subscriptions.all()],
    }


def replay(one: Replay) -> Said:
    return {
        "id": str(one.pk),
        "webhook": one.webhook.x_webhook_id,
        "from_date": one.from_date.isoformat(),
        "to_date": one.to_date.isoformat(),
        "state": one.get_state_display(),
        "delivered": one.delivered,
        "failed": one.failed,
    }


def request(one: ApiRequest) -> Said:
    return {
        "id": one.pk,
        "at": one.at.isoformat(),
        "method": one.method,
        "path": one.path,
        "credentials": one.credentials,
        "consumer_key": one.consumer_key,
        "status": one.status,
        "answer_ms": round(one.answer_ms, 2),
        "answer": one.answer,
        "fault": one.fault,
    }


def delivery(one: Delivery) -> Said:
    return {
        "id": str(one.pk),
        "payload": one.payload,
        "for_user_id": one.for_user_id,
        "state": one.state,
        "body": orjson.loads(bytes(one.body)),
        "attempts": [
            {
                "number": attempt.number,
                "at": attempt.at.isoformat(),
                "status": attempt.status,
                "answer_ms": round(attempt.answer_ms, 2),
                "problem": attempt.problem,
                "fault": attempt.fault,
                "replay": str(attempt.replay_id) if attempt.replay_id else None,
            }
            for attempt in one.attempts.all()
        ],
    }


def faults_on() -> Said:
    """Which faults are on, and how."""
    found = {key: faults.setting(key) for key in faults.FAULTS}
    return {key: {"percent": on.percent, "seconds": on.seconds} for key, on in found.items() if on}
