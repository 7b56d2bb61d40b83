from django.urls import path, re_path

from recommendations import views

TOKEN = r"(?P<token>[A-Za-z0-9_-]{43})"  # noqa: S105  (a pattern)
SHA256 = r"(?P<sha256>[0-9a-f]{64})"

urlpatterns = [
    path("", views.home, name="home"),
    re_path(rf"^r/{TOKEN}/$", views.result, name="result"),
    re_path(rf"^r/{TOKEN}/delete/$", views.delete, name="delete"),
    re_path(rf"^r/{TOKEN}/retry/$", views.retry, name="retry"),
    re_path(rf"^r/{TOKEN}/(?P<kind>photo|print)\.jpg$", views.photo, name="photo"),
    re_path(rf"^r/{TOKEN}/wall-(?P<arrangement>[a-z]+)\.svg$", views.wall_svg, name="wall"),
    re_path(rf"^pictures/{SHA256}\.jpg$", views.picture, name="picture"),
    re_path(rf"^pictures/{SHA256}/large\.jpg$", views.large_picture, name="large_picture"),
    re_path(rf"^pictures/{SHA256}/print\.jpg$", views.print_picture, name="print_picture"),
    path("healthz/", views.health, name="health"),
]
