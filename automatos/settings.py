"""Settings, in the order of the README's configuration table. Every value comes from the environment or from `.env`."""

import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from uuid import UUID

import django_stubs_ext

from automatos import (
    access_settings,
    account_settings,
    clerk_settings,
    env,
    log_settings,
    master_keys,
    private_hosts,
    web_settings,
)
from automatos.database_roles import APP_ROLE
from automatos.local.addresses import addresses

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
env.load(BASE_DIR / ".env")

# --- Database -------------------------------------------------------------------------------------------------------

LOCAL = addresses()
DATABASE_URL = env.database_url()
EMBEDDED_DATABASE = not DATABASE_URL


def _database(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "automatos",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", "") or (parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            # Lets the engine's statements be prepared; Django's own never are.
            "prepare_threshold": 5,
            "pool": {"min_size": 1, "max_size": env.integer("DATABASE_POOL", 12, low=1, high=500), "timeout": 20},
            **query,
        },
    }


def _app_database() -> dict[str, Any]:
    """The database as every process sees it: under a role that owns no table and bypasses no policy."""
    found = _database(DATABASE_URL or LOCAL.app_database_url)
    options = found["OPTIONS"]
    options["options"] = f"{options.get('options', '')} -c role={APP_ROLE}".strip()
    return found


# "owner" owns the tables: only `migrate` uses it.
OWNER_URL = env.url("DATABASE_OWNER_URL", schemes=("postgres", "postgresql"))
DATABASES = {
    "default": _app_database(),
    "owner": _database(OWNER_URL or DATABASE_URL or LOCAL.database_url),
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Redis ----------------------------------------------------------------------------------------------------------

REDIS_URL = env.redis_url()
EMBEDDED_REDIS = not REDIS_URL
REDIS_URL = REDIS_URL or LOCAL.redis_url

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "automatos.channel_layer.ChannelLayer",
        "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_connect_timeout": 2}], "prefix": "automatos"},
    }
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "automatos",
        "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 2},
    }
}
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "automatos"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 3, "socket_timeout": 30}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "recipes.tasks.sweep", "schedule": 10.0, "options": {"expires": 10}},
    "purge-runs": {"task": "recipes.tasks.purge", "schedule": 3600.0, "options": {"expires": 3600}},
    "sweep-documents": {"task": "agents.tasks.sweep_documents", "schedule": 60.0, "options": {"expires": 60}},
    "sweep-skills": {"task": "agents.tasks.sweep_skills", "schedule": 120.0, "options": {"expires": 120}},
    "purge-personas": {"task": "agents.tasks.purge_personas", "schedule": 3600.0, "options": {"expires": 3600}},
    "purge-workspaces": {"task": "workspaces.tasks.purge", "schedule": 3600.0, "options": {"expires": 3600}},
}

# --- Who may come in ------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "workspaces.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_ADAPTER = "workspaces.accounts.AccountAdapter"
ACCOUNT_FORMS = account_settings.ACCOUNT_FORMS
# Whoever opens the mailed link in the browser they signed up with goes on where they were.
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_MAX_EMAIL_ADDRESSES = 5
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# Ours are atomic, say when to come back and fail closed: workspaces/sign_in_limits.py.
ACCOUNT_RATE_LIMITS = MFA_RATE_LIMITS = False
MFA_ADAPTER = "workspaces.second_factor.SecondFactorAdapter"
MFA_FORMS = account_settings.MFA_FORMS
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = "Automatos"
# RFC 6238, section 5.2: at most one step of network delay. A code is still good only once.
MFA_TOTP_TOLERANCE = 1
# How many proxies of the operator's own stand in front of the web process, each writing X-Forwarded-For.
TRUSTED_PROXIES = env.integer("TRUSTED_PROXIES", 0, low=0, high=10)
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = ACCOUNT_LOGOUT_REDIRECT_URL = "/"
AUTH_PASSWORD_VALIDATORS = account_settings.PASSWORD_VALIDATORS

# One key from the environment, for programs of the operator's own; it is bound to WORKSPACE_ID, else DEFAULT_TENANT_ID.
ORCHESTRATOR_API_KEY = access_settings.orchestrator_key()
ORCHESTRATOR_API_KEY_ROLE = env.choice("ORCHESTRATOR_API_KEY_ROLE", "editor", access_settings.ROLES)
# Clerk's tokens as a way in: on when a key, or where to get the keys, is named.
CLERK = clerk_settings.read()

# --- Model providers ------------------------------------------------------------------------------------------------

OPENAI_API_KEY = env.text("OPENAI_API_KEY")
OPENAI_BASE_URL = env.url("OPENAI_BASE_URL", schemes=("http", "https"))
ANTHROPIC_API_KEY = env.text("ANTHROPIC_API_KEY")
ANTHROPIC_BASE_URL = env.url("ANTHROPIC_BASE_URL", schemes=("http", "https"))
LOCAL_LLM_MODEL_PATH = env.text("LOCAL_LLM_MODEL_PATH")
LOCAL_LLM_URL = env.url("LOCAL_LLM_URL", schemes=("http", "https"))
DEFAULT_LLM_PROVIDER = env.text("DEFAULT_LLM_PROVIDER", "local")
DEFAULT_LLM_MODEL = env.text("DEFAULT_LLM_MODEL", "smollm2-135m-instruct")
# False makes any model call to an address off this machine fail: tests set it.
LLM_OUTSIDE_CALLS = env.boolean("LLM_OUTSIDE_CALLS", True)

# --- Requests to addresses that people, models and documents choose -------------------------------------------------

OUTSIDE_PRIVATE_HOSTS = private_hosts.from_env("OUTSIDE_PRIVATE_HOSTS")
GIT_CA_FILE = env.text("GIT_CA_FILE")  # trusted for git servers; without it the system's certificates

# --- Workers --------------------------------------------------------------------------------------------------------

# How many model calls a worker process waits for at once, and the seconds it may finish them after a stop signal.
WORKER_SLOTS = env.integer("WORKER_SLOTS", 1000, low=1, high=100_000)
WORKER_GRACE = float(env.integer("WORKER_GRACE", 5, low=0, high=3600))

# --- Workspaces -----------------------------------------------------------------------------------------------------

WORKSPACE_ID = env.uuid("WORKSPACE_ID", None)
DEFAULT_TENANT_ID = env.uuid("DEFAULT_TENANT_ID", UUID(int=0))
# Requests a minute at the API for each person and each key that has no limit of its own; 0: as many as they like.
API_RATE_LIMIT = env.integer("API_RATE_LIMIT", 600, low=0, high=1_000_000)
# Functions that say what uses a credential.
CREDENTIAL_USES = ["agents.credential_uses.agents_paid_by"]
# What a new workspace may hold; workspaces/plans.py lists the limits.
DEFAULT_PLAN = env.choice("DEFAULT_PLAN", "unlimited", ("free", "team", "unlimited"))

# --- The web process ------------------------------------------------------------------------------------------------

DEBUG = env.boolean("DEBUG", False)


def _secret_key() -> str:
    """SECRET_KEY, or one made once and kept in the data folder as long as the database is the embedded one."""
    given = env.text("SECRET_KEY")
    if given:
        return given
    if not EMBEDDED_DATABASE:
        raise env.EnvError(
            "SECRET_KEY", "is not set", "Set it to 50 or more random characters, the same for every process."
        )
    path = LOCAL.data / "secret_key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(secrets.token_urlsafe(48))
        path.chmod(0o600)
    return path.read_text().strip()


SECRET_KEY = _secret_key()
# Older ones, by which sessions, links and the second factor's keys can still be read.
SECRET_KEY_FALLBACKS = env.listing("SECRET_KEY_FALLBACKS")
# What credentials are sealed under; made once next to an embedded database, demanded with one of your own.
CREDENTIALS_KEYS = master_keys.read(LOCAL.data / "credentials_key", make=EMBEDDED_DATABASE)
PUBLIC_URL = env.url("PUBLIC_URL", schemes=("http", "https"))
ALLOWED_HOSTS = env.listing("ALLOWED_HOSTS") or ["localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = env.listing("CSRF_TRUSTED_ORIGINS") or ([PUBLIC_URL] if PUBLIC_URL else [])
HTTPS = PUBLIC_URL.startswith("https://")
# False lets everybody on this machine in, and with consent everybody who reaches it: workspaces/open_access.py.
REQUIRE_AUTH = access_settings.require_auth(ALLOWED_HOSTS)
OPEN_ACCESS_CONSENT = env.boolean("OPEN_ACCESS_CONSENT", False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# Seconds: unused, a session ends after two weeks; used, after three months all the same.
SESSION_COOKIE_AGE = 14 * 86_400
SESSION_LONGEST_AGE = 90 * 86_400
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REDIRECT_EXEMPT = [r"^health$", r"^ready$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
DATA_UPLOAD_MAX_NUMBER_FILES = 20
CONTENT_SECURITY_POLICY = web_settings.CONTENT_SECURITY_POLICY
PERMISSIONS_POLICY = web_settings.PERMISSIONS_POLICY
# Pages elsewhere that may call the API. Without a list, none; with *, any, but without the visitor's cookies.
CORS_ORIGINS = web_settings.cors_origins()
CORS_ALLOW_ALL_ORIGINS = CORS_ORIGINS == [web_settings.ANY]
CORS_ALLOWED_ORIGINS = [] if CORS_ALLOW_ALL_ORIGINS else CORS_ORIGINS
CORS_ALLOW_CREDENTIALS = bool(CORS_ALLOWED_ORIGINS)
CORS_URLS_REGEX = r"^/(api|v1)/"
CORS_ALLOW_HEADERS = web_settings.REQUEST_HEADERS
CORS_EXPOSE_HEADERS = web_settings.ANSWER_HEADERS
CORS_PREFLIGHT_MAX_AGE = 600

EMAIL_URL = env.url("EMAIL_URL", schemes=("smtp", "smtps", "smtp+tls"))
# Seconds; without it a mail server that hangs holds up whoever waits for the page.
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "Automatos <noreply@localhost>")
if EMAIL_URL:
    _mail = urlsplit(EMAIL_URL)
    EMAIL_HOST, EMAIL_PORT = _mail.hostname or "localhost", _mail.port or 25
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_mail.username or ""), unquote(_mail.password or "")
    EMAIL_USE_SSL, EMAIL_USE_TLS = _mail.scheme == "smtps", _mail.scheme == "smtp+tls"
else:
    # Without a mail server, messages are kept as files where the operator finds them.
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(LOCAL.data / "mail")
# So that signing up looks the same with any address, and only its owner learns whether it is taken.
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if EMAIL_URL else "optional"

# --- Wiring ---------------------------------------------------------------------------------------------------------

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
    "allauth.usersessions",
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
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "workspaces.session_activity.SessionActivityMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "workspaces.sign_in_limits.SignInLimitsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "workspaces.clerk_pages.ClerkPagesMiddleware",
    "workspaces.open_access.OpenAccessMiddleware",
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
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": LOCAL.data / "files"},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
SILENCED_SYSTEM_CHECKS: list[str] = []

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "workspaces.auth.ApiKeyAuthentication",
        "workspaces.clerk_auth.ClerkAuthentication",
        "workspaces.auth.SessionAuthentication",
        "workspaces.open_access.OpenAccessAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["automatos.api.JsonParser"],
    "EXCEPTION_HANDLER": "automatos.api.exception_handler",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Automatos AI",
    "DESCRIPTION": "Agents, recipes, and the kitchen they cook in.",
    "VERSION": "0.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    # Named, so that an operation elsewhere does not change the names of all others.
    "SCHEMA_PATH_PREFIX": "/api",
    "ENUM_NAME_OVERRIDES": {
        "InvitationState": "workspaces.invitation_states.State",
        "Role": "workspaces.models.Role",
        "WorkspaceKind": "workspaces.models.Workspace.Kind",
        "WorkspacePlan": "workspaces.models.Workspace.Plan",
        "AgentStatus": "agents.models.AgentStatus",
        "ExecutionStatus": "recipes.models.ExecutionStatus",
        "StepStatus": "recipes.models.StepStatus",
    },
}

LOGGING = log_settings.logging_of(env.text("LOG_LEVEL", "INFO"))
