"""What the web process tells browsers: which pages may call the API, and what a page of ours may do."""

from urllib.parse import urlsplit

from automatos import env

ANY = "*"
# Nothing inline, nothing from elsewhere.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
# Passkeys are the only one of these that our pages use.
PERMISSIONS_POLICY = (
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), "
    "midi=(), payment=(), usb=(), publickey-credentials-create=(self), publickey-credentials-get=(self)"
)
# Headers a program on another page may send to the API, and those it may read from an answer.
REQUEST_HEADERS = (
    "accept",
    "authorization",
    "content-type",
    "idempotency-key",
    "last-event-id",
    "x-api-key",
    "x-request-id",
    "x-workspace-id",
)
ANSWER_HEADERS = (
    "Location",
    "Retry-After",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "X-Request-ID",
)


def cors_origins(name: str = "CORS_ALLOW_ORIGINS") -> list[str]:
    """The origins whose pages may call the API, or * for all. Nonsense stops the start."""
    found = env.listing(name)
    for origin in found:
        parts = urlsplit(origin)
        is_origin = parts.scheme in ("http", "https") and parts.netloc and origin == f"{parts.scheme}://{parts.netloc}"
        if origin != ANY and (not is_origin or "@" in parts.netloc):
            cure = "Write a comma list such as https://app.example.org, without a path, or * alone."
            raise env.EnvError(name, f"names {origin!r}, which is not an origin", cure)
    if ANY in found and len(found) > 1:
        raise env.EnvError(name, "names * and others", "Write * alone, or leave it out.")
    return found
