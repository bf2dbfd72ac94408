"""Comparisons with X: what differs now, what each of them found, and the buttons for what is left to a person."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from aaa_dashboard.audit import Actor, record
from aaa_dashboard.x_api.errors import XError

from ..claims import Busy
from ..comparing import check_all
from ..models import Finding, Reconciliation, Subscription
from ..reconciling import repairing, running
from ..reconciling.words import Shown, shown
from .parts import MANAGE, manages, refused, with_everything

AT_ONCE = 50
FINDINGS_SHOWN = 200
# Somebody waits for it; what takes longer is gone on with by the next one.
PATIENCE_SECONDS = 10.0
BACK = "Comparisons with X"


@require_safe
def comparisons(request: HttpRequest) -> HttpResponse:
    """Show what differs now, and the comparisons of the last weeks: `?page=`."""
    standing = Finding.objects.filter(settled_at=None)
    context = {
        "page": Paginator(Reconciliation.objects.order_by("-pk"), AT_ONCE).get_page(request.GET.get("page")),
        "standing": _shown(standing),
        "more": max(standing.count() - FINDINGS_SHOWN, 0),
        "may_manage": request.user.has_perm(MANAGE),
    }
    return render(request, "subscriptions/comparisons.html", context)


@require_safe
def comparison(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one comparison with what it found and what was settled by it."""
    run = get_object_or_404(Reconciliation, pk=pk)
    context = {
        "run": run,
        "found": _shown(run.found_here.all()),
        "settled": _shown(run.settled_here.exclude(found_in=run)),
        "may_manage": request.user.has_perm(MANAGE),
    }
    return render(request, "subscriptions/comparison.html", context)


@require_POST
@manages
def begin(request: HttpRequest) -> HttpResponse:
    """Compare everything with X now."""
    try:
        run = running.reconcile(timezone.now(), by=Actor.of_request(request), budget_seconds=PATIENCE_SECONDS)
    except Busy:
        messages.success(request, "A comparison is running just now. Open this page again in a minute.")
        return redirect("subscriptions:comparisons")
    return redirect("subscriptions:comparison", run.pk)


@require_POST
@manages
def believe(request: HttpRequest, pk: int) -> HttpResponse:
    """Take X's list as it is although it lacks much of what was there."""
    finding = get_object_or_404(
        Finding.objects.select_related("webhook__app"), pk=pk, kind=Finding.Kind.DOUBTED, settled_at=None
    )
    assert finding.webhook is not None
    try:
        compared = check_all(finding.webhook, believes=True)
    except XError as error:
        return refused(request, error, **_back())
    record(request, "believed X’s list", finding.webhook, after={"at X": compared.at_x, "missing": compared.missing})
    messages.success(request, f"X’s list is taken as it is: {compared.missing} missing at X.")
    return begin(request)


@require_POST
@manages
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Subscribe an account again, with the sign-in that is held."""
    row = get_object_or_404(with_everything(), pk=pk)
    back: dict[str, Any] = {"back": reverse("subscriptions:account", args=[row.account_id]), "back_to": row.account}
    try:
        outcome = repairing.again(row, timezone.now(), by=Actor.of_request(request))
    except (XError, Busy) as error:
        return refused(request, error, **back)
    if outcome.is_subscribed:
        messages.success(request, f"{row.account} is subscribed again.")
    else:
        messages.error(request, f"{row.account} is not subscribed. {outcome.failure}".strip())
    return redirect("subscriptions:account", row.account_id)


def _back() -> dict[str, str]:
    return {"back": reverse("subscriptions:comparisons"), "back_to": BACK}


def _shown(findings: QuerySet[Finding]) -> list[Shown]:
    """Findings with the subscription that each is about, as it is now."""
    found = list(
        findings.select_related("webhook", "account").prefetch_related("app").order_by("kind", "pk")[:FINDINGS_SHOWN]
    )
    rows = with_everything(Subscription.objects.filter(account__in={one.account_id for one in found}))
    current = {(row.webhook_id, row.account_id): row for row in rows}
    return [shown(one, current.get((one.webhook_id, one.account_id))) for one in found]
