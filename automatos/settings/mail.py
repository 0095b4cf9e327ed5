"""Mail: the operator's server, or files in the data folder."""

from urllib.parse import unquote, urlsplit

from automatos import env
from automatos.settings.folders import LOCAL

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
