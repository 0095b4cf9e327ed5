"""Every address of the product. Each app lists its own; here they are mounted."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularSwaggerSplitView

from agents.urls import api as agent_api
from agents.urls import pages as agent_pages
from automatos import api, health, metrics_page, views
from automatos.schema import SchemaView
from marketplace.urls import api as marketplace_api
from marketplace.urls import outside as marketplace_outside
from marketplace.urls import pages as marketplace_pages
from recipes.urls import api as recipe_api
from recipes.urls import openai as recipe_openai
from recipes.urls import outside as recipe_outside
from recipes.urls import pages as recipe_pages
from tools.urls import api as tool_api
from tools.urls import outside as tool_outside
from tools.urls import pages as tool_pages
from workspaces.urls import accounts
from workspaces.urls import api as workspace_api
from workspaces.urls import outside as workspaces_outside
from workspaces.urls import pages as workspace_pages

handler400 = "automatos.views.bad_request"
handler403 = "automatos.views.forbidden"
handler404 = "automatos.views.not_found"
handler500 = "automatos.views.server_error"

# The one sign-in page, with its second factor and its limits, is the admin site's too.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", views.landing, name="landing"),
    path("demo/", views.enter_demo, name="enter_demo"),
    path("w/<slug:workspace>/search", views.search, name="search"),
    path(
        "w/<slug:workspace>/",
        include([*workspace_pages, *tool_pages, *marketplace_pages, *agent_pages, *recipe_pages]),
    ),
    path("accounts/", include([*accounts, path("", include("allauth.urls"))])),
    path("", include([*workspaces_outside, *tool_outside, *marketplace_outside, *recipe_outside])),
    path("admin/", admin.site.urls),
    path("health", health.health, name="health"),
    path("ready", health.ready, name="ready"),
    path("metrics", metrics_page.page, name="metrics"),
    path("api/schema/", SchemaView.as_view(), name="schema"),
    path(
        "api/docs/",
        SpectacularSwaggerSplitView.as_view(url_name="schema", template_name="api_docs.html"),
        name="api_docs",
    ),
    path("api/", include([*workspace_api, *tool_api, *marketplace_api, *agent_api, *recipe_api])),
    path("v1/", include(recipe_openai)),
    re_path(r"^api/(?P<rest>.*)$", api.not_found),
]
