"""Addresses of the pages about accounts. `x/callback` is known to X, letter by letter."""

from django.urls import path

from .views import accounts, callback, inviting, moves, owner, reconciling

app_name = "subscriptions"
urlpatterns = [
    path("accounts/", accounts.accounts, name="accounts"),
    path("accounts/add/", inviting.add, name="add"),
    path("accounts/add/sign-in/", inviting.begin, name="begin"),
    path("accounts/comparisons/", reconciling.comparisons, name="comparisons"),
    path("accounts/comparisons/begin/", reconciling.begin, name="compare"),
    path("accounts/comparisons/<int:pk>/", reconciling.comparison, name="comparison"),
    path("accounts/findings/<int:pk>/believe/", reconciling.believe, name="believe"),
    path("accounts/subscriptions/<int:pk>/again/", reconciling.again, name="again"),
    path("accounts/invites/", inviting.invite_list, name="invites"),
    path("accounts/invites/<int:pk>/withdraw/", inviting.withdraw, name="withdraw"),
    path("accounts/<int:pk>/", accounts.account, name="account"),
    path("accounts/subscriptions/<int:pk>/check/", accounts.check, name="check"),
    path("accounts/subscriptions/<int:pk>/remove/", accounts.remove, name="remove"),
    path("webhooks/<int:pk>/move/", moves.begin, name="begin-move"),
    path("moves/<int:pk>/", moves.move, name="move"),
    path("moves/<int:pk>/abandon/", moves.abandon, name="abandon-move"),
    # Public
    path("x/callback", callback.callback, name="callback"),
    path("connect/<str:secret>/", owner.invite, name="invite"),
    path("connection/<slug:slug>/", owner.connection, name="connection"),
    path("connection/<slug:slug>/sign-in/", owner.begin, name="owner-begin"),
    path("connection/<slug:slug>/disconnect/", owner.disconnect, name="disconnect"),
    path("connection/<slug:slug>/leave/", owner.leave, name="leave"),
]
