"""Act as one of the pretend users."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from ..activity import acts, doing
from ..models import AccessToken, DirectMessage, Like, Post, Relation, Subscription, User

SHOWN_POSTS = 30
SHOWN_MESSAGES = 50
# What is said after a deed.
DONE = {
    "post": "Posted.",
    "reply": "Replied.",
    "quote": "Quoted.",
    "repost": "Reposted.",
    "edit": "Edited: a post with an id of its own took its place.",
    "delete": "Deleted.",
    "like": "Liked.",
    "unlike": "The like is taken back. X tells nobody of that.",
    "follow": "Followed.",
    "unfollow": "No longer followed.",
    "block": "Blocked.",
    "unblock": "No longer blocked.",
    "mute": "Muted.",
    "unmute": "No longer muted.",
    "type": "They see that you are typing.",
    "message": "Sent.",
    "read": "Read, and they see that it is.",
    "revoke": "The app has no access any more, and was told so.",
    "protect": "Posts are protected now: only followers hear of them.",
    "unprotect": "Posts are public now.",
}


@require_safe
def everybody(request: HttpRequest) -> HttpResponse:
    """Whom one can act as."""
    subscribed = set(Subscription.objects.values_list("user_id", flat=True))
    users = User.objects.order_by("-is_brand", "screen_name")
    return render(request, "sandbox/face/people.html", {"users": [(user, user.pk in subscribed) for user in users]})


@require_safe
def person(request: HttpRequest, screen_name: str) -> HttpResponse:
    """Act as somebody: write posts, and answer those of others."""
    return _person(request, get_object_or_404(User, screen_name=screen_name))


@require_safe
def conversation(request: HttpRequest, screen_name: str, other: str) -> HttpResponse:
    """Act as somebody who writes direct messages to somebody else."""
    me = get_object_or_404(User, screen_name=screen_name)
    return _conversation(request, me, get_object_or_404(User, screen_name=other))


@require_POST
def act(request: HttpRequest, screen_name: str) -> HttpResponse:
    """Do what a form asks for, and go back to where the form was."""
    me = get_object_or_404(User, screen_name=screen_name)
    step = {name: str(value) for name, value in request.POST.items() if name != "csrfmiddlewaretoken"}
    deed, where = step.get("do", ""), step.get("in", "")
    try:
        if deed in ("protect", "unprotect"):
            me.is_protected = deed == "protect"
            me.save(update_fields=["is_protected"])
        else:
            doing.do({**step, "by": me.screen_name})
    except acts.Impossible as problem:
        if where:
            return _conversation(request, me, get_object_or_404(User, screen_name=where), str(problem))
        return _person(request, me, str(problem))
    page = reverse("conversation", args=[me.screen_name, where]) if where else reverse("person", args=[me.screen_name])
    return redirect(f"{page}?{urlencode({'done': deed})}")


def _person(request: HttpRequest, me: User, problem: str = "") -> HttpResponse:
    posts = list(
        Post.objects.filter(is_deleted=False, replaced_by=None)
        .select_related("author", "reposts__author", "quotes__author", "replies_to__author", "replaces")
        .order_by("-id")[:SHOWN_POSTS]
    )
    liked = set(Like.objects.filter(user=me, post__in=[post.reposts or post for post in posts]).values_list("post_id"))
    relations: dict[int, set[str]] = {}
    for target, kind in Relation.objects.filter(source=me).values_list("target_id", "kind"):
        relations.setdefault(target, set()).add(kind)
    others = User.objects.exclude(pk=me.pk).order_by("-is_brand", "screen_name")
    context = {
        "me": me,
        "posts": [(post, ((post.reposts or post).pk,) in liked) for post in posts],
        "others": [(other, relations.get(other.pk, set())) for other in others],
        "apps": AccessToken.objects.filter(user=me).select_related("app"),
        "subscriptions": Subscription.objects.filter(user=me).select_related("webhook"),
        "said": DONE.get(request.GET.get("done", "")),
        "problem": problem,
    }
    return render(request, "sandbox/face/person.html", context, status=400 if problem else 200)


def _conversation(request: HttpRequest, me: User, other: User, problem: str = "") -> HttpResponse:
    between = DirectMessage.objects.filter(sender__in=[me, other], recipient__in=[me, other]).select_related("sender")
    messages = list(between.order_by("-id")[:SHOWN_MESSAGES])[::-1]
    context = {
        "me": me,
        "other": other,
        "direct_messages": messages,
        "unread": any(message.recipient_id == me.pk and not message.is_read for message in messages),
        "said": DONE.get(request.GET.get("done", "")),
        "problem": problem,
    }
    return render(request, "sandbox/face/conversation.html", context, status=400 if problem else 200)
