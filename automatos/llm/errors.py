"""What can go wrong with a model call, named by what to do next."""

from automatos.errors import AppError


class ModelError(AppError):
    """A model call did not give a usable answer."""

    code = "model_error"
    http_status = 502


class ModelNotConfigured(ModelError):
    """Unknown provider or model, or no key for it: someone has to change a setting."""

    code = "model_not_configured"
    http_status = 400


class ModelRejected(ModelError):
    """The vendor refuses this request (bad key, bad parameter, prompt too long): sending it again is no use."""

    code = "model_rejected"


class ModelRefused(ModelError):
    """The model declined to answer on grounds of policy."""

    code = "model_refused"


class ModelUnavailable(ModelError):
    """No connection, overloaded or rate-limited: later it may work."""

    code = "model_unavailable"
    http_status = 503
    retryable = True


class ModelTimeout(ModelUnavailable):
    """No whole answer within the time allowed."""

    code = "model_timeout"
    http_status = 504


class ModelBadReply(ModelError):
    """An answer that cannot be used: cut short, empty or malformed."""

    code = "model_bad_reply"
    retryable = True
