"""Addresses of the pages about apps and webhooks."""

from django.urls import path

from .views import apps, webhooks

app_name = "webhooks"
urlpatterns = [
    path("webhooks/", webhooks.webhook_list, name="list"),
    path("webhooks/<int:pk>/", webhooks.webhook, name="webhook"),
    path("webhooks/<int:pk>/validate/", webhooks.validate, name="validate"),
    path("webhooks/<int:pk>/delete/", webhooks.delete, name="delete"),
    path("webhooks/apps/add/", apps.add, name="add-app"),
    path("webhooks/apps/<slug:slug>/", apps.app, name="app"),
    path("webhooks/apps/<slug:slug>/test-keys/", apps.test_keys, name="test-keys"),
    path("webhooks/apps/<slug:slug>/ask/", webhooks.ask, name="ask"),
    path("webhooks/apps/<slug:slug>/register/", webhooks.register, name="register"),
    path("webhooks/apps/<slug:slug>/adopt/", webhooks.adopt, name="adopt"),
]
