"""What X says of itself, and what we have no card for."""

from aaa_dashboard.deliveries.kinds import member

from .card import Card, Fact, Person, Scene, id_text, ids, string

FROM_X = Person(name="X")


def revoke(scene: Scene) -> Card:
    """An account's owner withdrew our app's access."""
    person = scene.person_by_id(id_text(member(scene.item, "revoke", "source", "user_id")))
    return Card(
        label="Revoked",
        icon="key",
        actor=person,
        line="withdrew this app's access",
        facts=ids(("Account", person.id), ("App at X", member(scene.item, "revoke", "target", "app_id"))),
    )


def replay(scene: Scene) -> Card:
    """A replay that we asked for has ended."""
    state = string(scene.item.get("job_state"))
    lines = {
        "Complete": "has finished sending again what was missed",
        "Incomplete": "could not send everything again",
    }
    return Card(
        label="Replay",
        icon="arrow-path",
        actor=FROM_X,
        line=lines.get(state, f"ended a replay: {state}" if state else "ended a replay"),
        text=string(scene.item.get("job_state_description")),
        facts=ids(("Replay job", scene.item.get("job_id")), ("Webhook at X", scene.item.get("webhook_id"))),
    )


def unknown(scene: Scene) -> Card:
    """A kind that is not in the table: X adds kinds without notice, and nothing of them is lost."""
    return Card(
        label=scene.label,
        icon="question-mark-circle",
        actor=FROM_X,
        line=f"sent something of the unknown kind “{scene.kind}”" + _for(scene),
        facts=(Fact("Fields", ", ".join(map(string, list(scene.item)[:12]))),) if scene.item else (),
    )


def _for(scene: Scene) -> str:
    return f" → {scene.account.handle}" if scene.for_user_id else ""
