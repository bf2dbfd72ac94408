from django.urls import path

from . import views

app_name = "activity"
urlpatterns = [
    path("live/", views.live, name="live"),
    path("live/stream/", views.stream, name="stream"),
    path("live/standstill/", views.standstill, name="standstill"),
    path("events/", views.events, name="events"),
    path("events/<int:pk>/", views.event, name="event"),
    path("events/<int:pk>.json", views.event_json, name="event-json"),
]
