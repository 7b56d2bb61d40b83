from django.contrib import admin
from django.urls import include, path

admin.site.site_header = "Pendant"
admin.site.site_title = "Pendant admin"
admin.site.index_title = "Catalogue, models and work"

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/", include("recommendations.api.urls")),
    path("", include("recommendations.urls")),
]

handler400 = "recommendations.errors.bad_request"
handler404 = "recommendations.errors.not_found"
handler500 = "recommendations.errors.server_error"
