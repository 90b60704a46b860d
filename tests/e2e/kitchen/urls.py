from django.urls import include, path

from tests.e2e.kitchen import views

urlpatterns = [
    path("", include("ringround.ui.urls")),
    path("", views.kitchen, name="kitchen"),
    path("list", views.campaigns, name="list"),
    path("form", views.form, name="form"),
    path("part-form", views.part_form, name="part_form"),
    path("charts", views.all_charts, name="charts"),
    path("console", views.page("console"), name="console"),
    path("auth", views.page("auth"), name="account_login"),
    path("empty", views.page("empty"), name="empty"),
    path("out", views.page("auth"), name="account_logout"),
    path("live-page", views.live, name="live"),
    path("live-part", views.live_part, name="live_part"),
    path("live-asked", views.live_asked, name="live_asked"),
    path("slow", views.slow, name="slow"),
    path("posted", views.posted, name="posted"),
    path("refused", views.refused, name="refused"),
    path("missing", views.missing, name="missing"),
    path("broken", views.broken, name="broken"),
    path("accepted", views.accepted, name="accepted"),
]
