from django.contrib.auth.views import LogoutView
from django.urls import path

from . import views
from .gaps import views as gap_views
from .health import views as health_views
from .notices.views import channels, notices
from .overview.views import home, overview
from .takedowns import views as takedown_views

app_name = "staff"
urlpatterns = [
    path("sign-in/", views.SignIn.as_view(), name="sign-in"),
    path("health/", health_views.page, name="health"),
    path("health/run/<str:name>/", health_views.run_task, name="run-task"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("", home, name="home"),
    path("overview/", overview, name="overview"),
    path("gaps/", gap_views.gaps, name="gaps"),
    path("gaps/<int:pk>/", gap_views.gap, name="gap"),
    path("gaps/<int:pk>/dismiss/", gap_views.dismiss, name="dismiss-gap"),
    path("takedowns/", takedown_views.takedowns, name="takedowns"),
    path("takedowns/new/", takedown_views.ask, name="ask-takedown"),
    path("takedowns/<int:pk>/", takedown_views.takedown, name="takedown"),
    path("takedowns/author/<int:x_id>/", takedown_views.take_down_author, name="take-down-author"),
    path("takedowns/account/<int:pk>/", takedown_views.erase_account, name="erase-account"),
    path("retention/", takedown_views.retention, name="retention"),
    path("notices/", notices.notices, name="notices"),
    path("notices/<int:pk>/acknowledge/", notices.acknowledge, name="acknowledge"),
    path("notices/mute/", notices.mute, name="mute"),
    path("notices/unmute/", notices.unmute, name="unmute"),
    path("notices/channels/", channels.channels, name="channels"),
    path("notices/channels/<int:pk>/", channels.channel, name="channel"),
    path("notices/channels/<int:pk>/test/", channels.test, name="test-channel"),
    path("notices/channels/<int:pk>/secret/", channels.renew_secret, name="renew-secret"),
    path("notices/channels/<int:pk>/remove/", channels.remove, name="remove-channel"),
]
