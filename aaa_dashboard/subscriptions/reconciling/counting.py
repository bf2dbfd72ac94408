"""What X counts, beside what it lists: how many places are left, and whether the two agree."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from aaa_dashboard.webhooks.models import App

from ..checking import ALARM_AT_PERCENT, WARN_AT_PERCENT
from ..models import Finding, Usage
from .ledger import Difference

Kind = Finding.Kind


def contracts(usages: Iterable[Usage]) -> list[list[Usage]]:
    """Apps by contract: X counts those of one together. Without a name each app is taken for one of its own."""
    found: dict[str, list[Usage]] = defaultdict(list)
    for usage in usages:
        found[usage.account_name or f"app {usage.app_id}"].append(usage)
    return list(found.values())


def limit(contract: Sequence[Usage]) -> Difference | None:
    """Say when the places of a contract run short."""
    usage = contract[0]
    if usage.percent is None or usage.percent < WARN_AT_PERCENT:
        return None
    level = ALARM_AT_PERCENT if usage.percent >= ALARM_AT_PERCENT else WARN_AT_PERCENT
    left = max((usage.provisioned or 0) - usage.used, 0)
    places = "no place is" if not left else "1 place is" if left == 1 else f"{left} places are"
    return Difference(
        kind=Kind.LIMIT,
        subject=f"{_name(usage)}, {level} %",
        app=usage.app,
        detail=f"{usage.used} of {usage.provisioned} subscriptions of the contract are used ({usage.percent} %); "
        f"{places} left.",
    )


def disagreement(contract: Sequence[Usage], listed: Mapping[int, int]) -> Difference | None:
    """Say when X counts something else than it lists.

    Args:
        contract: What X counts, told to each app of the contract.
        listed: How many X lists, by app.
    """
    usage, lists = contract[0], sum(listed.get(one.app_id, 0) for one in contract)
    if usage.used == lists or (usage.used > lists and any(_has_strangers(one.app) for one in contract)):
        return None  # what is more may be on webhooks that are not ours
    detail = f"X counts {usage.used}, and the lists of the webhooks that we know hold {lists}. "
    if usage.used > lists:
        detail += "The rest is on webhooks or apps of the contract that are not here, or X’s lists lack somebody."
    else:
        detail += "X should not list more than it counts; it usually agrees with itself after a while."
    return Difference(kind=Kind.COUNT, subject=_name(usage), app=usage.app, detail=detail)


def _has_strangers(app: App) -> bool:
    return bool(app.strangers)


def _name(usage: Usage) -> str:
    return usage.account_name or usage.app.slug
