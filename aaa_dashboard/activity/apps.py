from django.apps import AppConfig


class ActivityConfig(AppConfig):
    name = "aaa_dashboard.activity"
