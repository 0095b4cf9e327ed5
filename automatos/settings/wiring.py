"""What the project is made of: apps, middleware, templates, static files and storage."""

from pathlib import Path

from automatos import env
from automatos.settings.folders import BASE_DIR, LOCAL

INSTALLED_APPS = [
    "automatos",
    "workspaces",
    "tools",
    "marketplace",
    "agents",
    "recipes",
    "automatos.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "automatos.apps.StaticConfig",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "automatos.apps.UserSessionsConfig",
    "channels",
    "corsheaders",
    "django_cotton.apps.SimpleAppConfig",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "lucide",
    "rest_framework",
    "template_partials.apps.SimpleAppConfig",
]
MIDDLEWARE = [
    "automatos.middleware.RequestIdMiddleware",
    # Before anything that answers by itself: redirects and static files carry these headers too.
    "automatos.middleware.BrowserPolicyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "automatos.middleware.CompressionMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "workspaces.accounts.session_activity.SessionActivityMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "workspaces.accounts.sign_in_limits.SignInLimitsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "workspaces.clerk.middleware.ClerkPagesMiddleware",
    "workspaces.doors.open_access.OpenAccessMiddleware",
    "automatos.middleware.AppErrorMiddleware",
]
ROOT_URLCONF = "automatos.urls"
ASGI_APPLICATION = "automatos.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            # cotton and template-partials each rewrite this setting by default and do not compose; so by hand.
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "django.template.loaders.cached.Loader",
                            [
                                "django_cotton.cotton_loader.Loader",
                                "django.template.loaders.filesystem.Loader",
                                "django.template.loaders.app_directories.Loader",
                            ],
                        )
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "automatos.context.shell",
            ],
            "builtins": [
                "django_cotton.templatetags.cotton",
                "template_partials.templatetags.partials",
                "lucide.templatetags.lucide",
                "automatos.templatetags.ui",
            ],
        },
    }
]
COTTON_DIR = "components"
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(env.text("STATIC_ROOT") or LOCAL.data / "static")
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
SILENCED_SYSTEM_CHECKS: list[str] = []
