"""Addresses of the pages about replays."""

from django.urls import path

from .views import asking, replays

app_name = "replays"
urlpatterns = [
    path("replays/", replays.replay_list, name="list"),
    path("replays/new/", asking.ask, name="new"),
    path("replays/<int:pk>/", replays.replay, name="replay"),
    path("replays/<int:pk>/cancel/", replays.cancel, name="cancel"),
    path("replays/policies/<int:pk>/", replays.policy, name="policy"),
]
