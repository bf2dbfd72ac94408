"""Where notices are sent, for administrators."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from aaa_dashboard.audit import Actor

from .. import channels as keeping
from ..forms import ChannelForm
from ..models import Channel, Message
from ..outbox import WAITING

MANAGE = "staff.manage_channels"
manages_channels = permission_required(MANAGE, raise_exception=True)


@never_cache
@sensitive_post_parameters("address")
@require_http_methods(["GET", "HEAD", "POST"])
@manages_channels
def channels(request: HttpRequest) -> HttpResponse:
    """Show every channel, and add one."""
    form = ChannelForm(request.POST or None)
    if form.is_bound and form.is_valid():
        channel = form.save(commit=False)
        secret = keeping.save(channel, by=Actor.of_request(request))
        if not secret:
            messages.success(request, f"{channel} is added. Send it a test.")
            return redirect("staff:channels")
        return _show(request, ChannelForm(), secret=secret, made=channel)
    return _show(request, form, status=422 if form.is_bound else 200)


@sensitive_post_parameters("address")
@require_http_methods(["GET", "HEAD", "POST"])
@manages_channels
def channel(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a channel."""
    found = get_object_or_404(Channel, pk=pk)
    form = ChannelForm(request.POST or None, instance=found)
    if form.is_bound and form.is_valid():
        keeping.save(form.save(commit=False), by=Actor.of_request(request))
        messages.success(request, f"{found} is saved.")
        return redirect("staff:channels")
    waiting = Message.objects.filter(WAITING, channel=found).count()
    context = {"channel": found, "where": keeping.where(Channel.objects.get(pk=pk)), "form": form, "waiting": waiting}
    return render(request, "staff/channel.html", context, status=422 if form.is_bound else 200)


@require_POST
@manages_channels
def test(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a test now, and say what came of it."""
    found = get_object_or_404(Channel, pk=pk)
    outcome = keeping.test(found, by=Actor.of_request(request), now=timezone.now())
    if outcome.is_delivered:
        messages.success(request, f"Delivered to {found}: {outcome.said}.")
    else:
        messages.error(request, f"Not delivered to {found}. {outcome.sentence}")
    return redirect("staff:channels")


@never_cache
@require_POST
@manages_channels
def renew_secret(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a new secret and show it, this once."""
    found = get_object_or_404(Channel, pk=pk, kind=Channel.Kind.WEBHOOK)
    secret = keeping.renew_secret(found, by=Actor.of_request(request))
    return _show(request, ChannelForm(), secret=secret, made=found)


@require_http_methods(["GET", "HEAD", "POST"])
@manages_channels
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what is lost when a channel is removed, and remove it when its name was typed."""
    found = get_object_or_404(Channel, pk=pk)
    typed = request.POST.get("name", "").strip()
    if request.method != "POST" or typed != found.name:
        wrong = request.method == "POST"
        context = {"channel": found, "typed": typed, "wrong": wrong, "others": Channel.objects.exclude(pk=pk).count()}
        return render(request, "staff/remove_channel.html", context, status=422 if wrong else 200)
    keeping.remove(found, by=Actor.of_request(request))
    messages.success(request, f"{typed} is removed.")
    return redirect("staff:channels")


def _show(
    request: HttpRequest, form: ChannelForm, *, secret: str = "", made: Channel | None = None, status: int = 200
) -> HttpResponse:
    rows = Channel.objects.order_by("name", "pk")
    context: dict[str, Any] = {
        "channels": [{"channel": one, "where": keeping.where(one)} for one in rows],
        "form": form,
        "secret": secret,
        "made": made,
        "mail_is_set": settings.EMAIL_IS_SET,
    }
    return render(request, "staff/channels.html", context, status=status)
