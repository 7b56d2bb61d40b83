from csp.decorators import csp_update
from django.urls import path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from recommendations.api import views
from recommendations.urls import TOKEN

app_name = "api"

# Swagger's page styles itself inline; scripts stay limited to our own files.
docs = csp_update({"style-src": ["'unsafe-inline'"]})(
    SpectacularSwaggerSplitView.as_view(url_name="api:schema")
)

urlpatterns = [
    path("submissions/", views.SubmissionsView.as_view(), name="submissions"),
    re_path(rf"^submissions/{TOKEN}/$", views.SubmissionView.as_view(), name="submission"),
    path("products/", views.ProductsView.as_view(), name="products"),
    path("products/<uuid:public_id>/", views.ProductView.as_view(), name="product"),
    path("products/<uuid:public_id>/similar/", views.SimilarView.as_view(), name="similar"),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", docs, name="docs"),
]
