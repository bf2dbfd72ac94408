"""Pages that show events."""

from dataclasses import replace
from functools import partial
from itertools import accumulate
from operator import sub
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth import get_user
from django.db import close_old_connections
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from aaa_dashboard.audit import record
from aaa_dashboard.deliveries.models import Category, Event
from aaa_dashboard.deliveries.recovered import ids_of as recovered_ids
from aaa_dashboard.deliveries.takedown.posts import posts_in
from aaa_dashboard.staff.overview.standstill import trouble

from . import feed
from .cards import NOBODY, card_of
from .filters import Filters
from .names import accounts_offered, names_of
from .queries import PAGE, newest, page_of
from .raw import pretty
from .rows import READ_MESSAGES, Row, is_private, rows_of


@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """Show the newest events and keep adding to them."""
    filters = Filters.from_query(request.GET)
    # The position first, the rows second: what lands in between is sent twice rather than never.
    position = feed.position()
    found = newest(filters)
    if len(found) == PAGE:
        position = max(position, found[-1].pk - 1)  # what is older than a full page is for Events
    context = _list_context(request, filters, found)
    context |= {"position": position, "standstill": trouble(timezone.now())}
    return render(request, "activity/live.html", context)


@require_safe
@never_cache
def standstill(request: HttpRequest) -> HttpResponse:
    """Say for a page that stays open why nothing comes; nothing is said when it may."""
    return render(request, "activity/_standstill.html", {"standstill": trouble(timezone.now())})


@require_safe
async def stream(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """Send what is new to one page, and which of its rows were erased.

    `?position=` is where it stands; `?held=` are the events whose rows it has, newest first: the id of the first, and
    by how much each of the others is smaller than the one before.
    """
    filters = Filters.from_query(request.GET)
    position = _number(request.GET.get("position")) or 0
    held = _held(request.GET.get("held"))
    user = await request.auser()
    view = feed.View(filters, readable=await user.ahas_perm(READ_MESSAGES))
    # The request lasts for minutes; its database connection, used up to here, must not.
    await sync_to_async(close_old_connections)()
    may_look = sync_to_async(partial(_may_look, request, readable=view.readable))
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    return StreamingHttpResponse(
        feed.follow(view, position, may_look, held), content_type="text/event-stream", headers=headers
    )


@require_safe
def events(request: HttpRequest) -> HttpResponse:
    """Show events page by page: `?before=<id>` older ones, `?after=<id>` newer ones."""
    filters = Filters.from_query(request.GET)
    before, after = _number(request.GET.get("before")), _number(request.GET.get("after"))
    page = page_of(filters, before=before, after=after)
    if after is not None and page.after is None:
        # Back at the newest: a full first page rather than the few rows above the last one.
        return redirect(f"{request.path}{filters.query_string()}")
    context = _list_context(request, filters, page.events)
    context["older"] = None if page.before is None else filters.query_string(before=str(page.before))
    context["newer"] = None if page.after is None else filters.query_string(after=str(page.after))
    return render(request, "activity/events.html", context)


@require_safe
@never_cache  # a direct message must not stay in the browser of who has lost the permission
def event(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one event in words and as X sent it. Opening a direct message is recorded."""
    found = get_object_or_404(Event.objects.select_related("app"), pk=pk)
    names = names_of(accounts_offered())
    card = card_of(found.kind, found.payload, found.for_user_id, names)
    private = is_private(found, card)
    readable = not private or request.user.has_perm(READ_MESSAGES)
    if private and readable:
        record(request, "read a direct message", found)
    context = {
        "event": found,
        "card": card,
        "row": Row(found, card, readable, found.pk in recovered_ids([found])),
        "account_name": names.get(found.for_user_id, NOBODY).screen_name,
        "private": private,
        "readable": readable,
        "raw": pretty(found.payload) if readable else "",
        "post_id": "" if private else next(iter(posts_in(found.payload)), ""),
    }
    return render(request, "activity/event.html", context)


@require_safe
@never_cache
def event_json(request: HttpRequest, pk: int) -> HttpResponse:
    """Download the payload, to the letter as it is stored."""
    found = get_object_or_404(Event, pk=pk)
    if is_private(found, card_of(found.kind, found.payload, found.for_user_id, {})):
        if not request.user.has_perm(READ_MESSAGES):
            return render(request, "activity/event_json_refused.html", {"event": found}, status=403)
        record(request, "downloaded a direct message", found)
    headers = {"Content-Disposition": f'attachment; filename="event-{pk}.json"'}
    return HttpResponse(found.payload, content_type="application/json", headers=headers)


def _may_look(request: HttpRequest, *, readable: bool) -> bool:
    """Say whether whoever opened a stream is still signed in, active, and has the same right to direct messages."""
    try:
        request.session = type(request.session)(request.session.session_key)  # as it is now, not as it was read then
        user = get_user(request)
        return user.is_authenticated and user.has_perm(READ_MESSAGES) == readable
    finally:
        close_old_connections()


def _list_context(request: HttpRequest, filters: Filters, found: list[Event]) -> dict[str, Any]:
    accounts = accounts_offered()
    rows = rows_of(found, names_of(accounts), readable=False)
    if any(row.covered for row in rows) and request.user.has_perm(READ_MESSAGES):  # asked only where it matters
        rows = [replace(row, readable=True) for row in rows]
    return {
        "filters": filters,
        "rows": rows,
        "accounts": accounts,
        "account_listed": any(account.x_user_id == filters.account for account in accounts),
        "categories": [
            {"label": label, "query": Filters(value, filters.account).query_string(), "on": filters.category == value}
            for value, label in (("", "All kinds"), *Category.choices)
        ],
    }


def _held(text: str | None) -> list[int]:
    """Read the ids of the events that a page holds.

    Raises:
        Http404: They are none, or more than a page holds.
    """
    parts = text.split(",") if text else []
    if len(parts) > feed.MOST_HELD:
        raise Http404("A page holds no more events than that.")
    return list(accumulate((_number(part) or 0 for part in parts), sub))


def _number(text: str | None) -> int | None:
    """Read an event id from an address.

    Raises:
        Http404: It is no id.
    """
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise Http404("An event is named by its number.")
    return int(text)
