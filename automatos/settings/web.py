"""The web process: its secrets and names, cookies, and what it tells browsers."""

import secrets

from automatos import access_settings, env, master_keys, web_settings
from automatos.settings.database import EMBEDDED_DATABASE
from automatos.settings.folders import LOCAL

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
# What Prometheus brings to /metrics; empty: it is closed.
METRICS_TOKEN = env.text("METRICS_TOKEN")
PUBLIC_URL = env.url("PUBLIC_URL", schemes=("http", "https"))
ALLOWED_HOSTS = env.listing("ALLOWED_HOSTS") or ["localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = env.listing("CSRF_TRUSTED_ORIGINS") or ([PUBLIC_URL] if PUBLIC_URL else [])
HTTPS = PUBLIC_URL.startswith("https://")
# False lets everybody on this machine in, and with consent everybody who reaches it: workspaces/doors/open_access.py.
REQUIRE_AUTH = access_settings.require_auth(ALLOWED_HOSTS)
OPEN_ACCESS_CONSENT = env.boolean("OPEN_ACCESS_CONSENT", False)
SESSION_ENGINE = "workspaces.accounts.session_store"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# Seconds: unused, a session ends after two weeks; used, after three months all the same.
SESSION_COOKIE_AGE = 14 * 86_400
SESSION_LONGEST_AGE = 90 * 86_400
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REDIRECT_EXEMPT = [r"^health$", r"^ready$", r"^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
# Bytes of a whole request, files and all; more is refused before anything of it is kept. The most that anything takes
# are pictures for OpenAI's door, 32 MB. By path, where less is enough: packages have at most 10 MB.
LARGEST_BODY = 33 * 1024 * 1024
PACKAGES = 11 * 1024 * 1024
LARGEST_BODIES = {
    r"/api/(marketplace/plugins|admin/plugins/upload)": PACKAGES,
    r"/w/[^/]+/marketplace/submissions/.*": PACKAGES,
    r"/hooks/.*": 512 * 1024,
}
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
