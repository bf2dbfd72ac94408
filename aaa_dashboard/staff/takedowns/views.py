"""Takedowns: what was asked for, until when, what was found; and how long events are kept."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from aaa_dashboard.audit import Actor
from aaa_dashboard.background import nudge
from aaa_dashboard.deliveries import retention as of_deliveries
from aaa_dashboard.deliveries.present import holding
from aaa_dashboard.deliveries.takedown import requests
from aaa_dashboard.deliveries.takedown.authors import author
from aaa_dashboard.deliveries.takedown.models import Takedown
from aaa_dashboard.deliveries.tasks import take_down
from aaa_dashboard.subscriptions.models import Account, Subscription

from .forms import TakedownForm

MANAGE = "deliveries.manage_takedowns"
manages = permission_required(MANAGE, raise_exception=True)
PAGE = 50
MOST_DIGITS = 18
MOST_DIGITS_AT_X = 20
MOST_NOTE = 200


@require_safe
def takedowns(request: HttpRequest) -> HttpResponse:
    """Show what was asked for, newest first; `?before=` a key goes on with older ones."""
    before = request.GET.get("before", "")
    found = Takedown.objects.select_related("app").order_by("-pk")
    if before.isascii() and before.isdigit() and len(before) <= MOST_DIGITS:
        found = found.filter(pk__lt=int(before))
    rows = list(found[: PAGE + 1])
    context = {
        "rows": [_shown(row) for row in rows[:PAGE]],
        "older": rows[PAGE - 1].pk if len(rows) > PAGE else None,
        "before": before,
        "may_manage": request.user.has_perm(MANAGE),
    }
    return render(request, "staff/takedowns.html", context)


@require_safe
def takedown(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one with its report; while it is under way, the page asks for the middle of it alone."""
    one = _shown(get_object_or_404(Takedown.objects.select_related("app"), pk=pk))
    template = "staff/_takedown_report.html" if request.headers.get("HX-Request") else "staff/takedown.html"
    return render(request, template, {"one": one})


@require_http_methods(["GET", "POST"])
@manages
def ask(request: HttpRequest) -> HttpResponse:
    """Have a post taken down; all posts of an account only after another look."""
    form = TakedownForm(request.POST or None, initial={"which": request.GET.get("which", "")})
    if not (form.is_bound and form.is_valid()):
        return render(request, "staff/ask_takedown.html", {"form": form}, status=422 if form.is_bound else 200)
    data = form.cleaned_data
    if data["what"] == Takedown.What.AUTHOR:
        query = urlencode({"note": data["note"]})
        return redirect(f"{reverse('staff:take-down-author', args=[data['x_id']])}?{query}")
    return _begin(request, Takedown.What.POST, data["x_id"], data["note"])


@require_http_methods(["GET", "POST"])
@manages
def take_down_author(request: HttpRequest, x_id: int) -> HttpResponse:
    """Say whose posts leave, and how many events hold them; take them down when the name or the id was typed."""
    if len(str(x_id)) > MOST_DIGITS_AT_X:
        raise Http404("No account has an id as long as that.")
    who = author(str(x_id))
    typed = request.POST.get("name", "").strip().removeprefix("@")
    names = {who.x_user_id, who.screen_name.casefold()} - {""}
    wrong = request.method == "POST" and typed.casefold() not in names
    note = (request.POST if request.method == "POST" else request.GET).get("note", "")[:MOST_NOTE]
    if request.method == "POST" and not wrong:
        return _begin(request, Takedown.What.AUTHOR, who.x_user_id, note)
    context = {"who": who, "typed": typed, "wrong": wrong, "note": note}
    return render(request, "staff/take_down_author.html", context, status=422 if wrong else 200)


@require_http_methods(["GET", "POST"])
@manages
def erase_account(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what is lost when an account is erased, and erase it when its name was typed."""
    account = get_object_or_404(Account, pk=pk)
    name = account.screen_name or account.x_user_id
    typed = request.POST.get("name", "").strip().removeprefix("@")
    subscribed = [row for row in Subscription.objects.filter(account=account).select_related("webhook") if row.is_at_x]
    wrong = request.method == "POST" and typed.casefold() != name.casefold()
    if request.method != "POST" or wrong or subscribed:
        context = {"account": account, "name": name, "typed": typed, "wrong": wrong, "subscribed": subscribed}
        return render(request, "staff/erase_account.html", context, status=422 if request.method == "POST" else 200)
    return _begin(request, Takedown.What.ACCOUNT, account.x_user_id, request.POST.get("note", ""))


@require_safe
def retention(request: HttpRequest) -> HttpResponse:
    """Show how long each category is kept, and whether that is kept to."""
    now = timezone.now()
    rows = [{"kept": one, "late": one.late(now)} for one in of_deliveries.kept(now)]
    may_change = request.user.is_staff and request.user.has_perm("deliveries.change_retentionperiod")
    context = {"rows": rows, "may_change": may_change, "held_until": holding(now)}
    return render(request, "staff/retention.html", context)


def _begin(request: HttpRequest, what: Takedown.What, x_id: str, note: str) -> HttpResponse:
    try:
        begun, is_new = requests.ask(what, x_id, by=Actor.of_request(request), now=timezone.now(), note=note)
    except requests.StillSubscribed:  # since the page was drawn
        messages.error(request, "X sends its activity again. Remove its subscriptions first.")
        return redirect("subscriptions:accounts")
    if not is_new:
        messages.success(request, "It was asked for before, and is under way. What has arrived since is meant as well.")
    nudge(take_down)
    return redirect("staff:takedown", begun.pk)


def _shown(row: Takedown) -> dict[str, Any]:
    """What the templates take: the takedown, its state in words and shape, and its steps."""
    is_late = row.is_late(timezone.now())
    state = ("active", "Done") if row.done_at else ("missing", "Late") if is_late else ("unknown", "Under way")
    marks = ["done" if at < row.step or row.done_at else "now" if at == row.step else "to do" for at in range(9)]
    return {
        "row": row,
        "state": state[0],
        "word": state[1],
        "is_late": is_late,
        "is_post": row.what == Takedown.What.POST,
        "steps": list(zip(requests.steps_of(row), marks, strict=False)),
        "found": sorted(row.found.items()),
        "total": sum(row.found.values()),
    }
