from django.apps import AppConfig


class SandboxConfig(AppConfig):
    name = "aaa_dashboard.sandbox"
    label = "sandbox"
