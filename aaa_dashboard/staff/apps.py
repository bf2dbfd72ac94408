from django.apps import AppConfig


class StaffConfig(AppConfig):
    name = "aaa_dashboard.staff"
