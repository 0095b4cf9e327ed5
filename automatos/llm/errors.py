"""What can go wrong with a model call, named by what to do next."""

from automatos.errors import AppError
from automatos.llm.types import ModelReply, Usage


class ModelError(AppError):
    """A model call did not give a usable answer.

    helps_to_try_other_model: whether the same request may succeed with another model; trying is the caller's decision.
    reply: what came in nevertheless, such as the tokens of a refusal, which cost money all the same; or None.
    """

    code = "model_error"
    http_status = 502
    helps_to_try_other_model = True
    reply: ModelReply | None = None

    @property
    def usage(self) -> Usage:
        """The tokens this failure cost."""
        return self.reply.usage if self.reply else Usage()


class ModelNotConfigured(ModelError):
    """Unknown provider or model, or no key for it: someone has to change a setting."""

    code = "model_not_configured"
    http_status = 400


class ModelRejected(ModelError):
    """The vendor refuses this request (a parameter, its size): sending it again is no use."""

    code = "model_rejected"
    helps_to_try_other_model = False


class ContextTooLong(ModelRejected):
    """The prompt does not fit the model's context window: shorten it, or take a model with a larger one."""

    code = "context_too_long"
    helps_to_try_other_model = True


class ModelKeyRefused(ModelRejected):
    """The vendor does not accept the key, or not for this model: someone has to look after the key."""

    code = "model_key_refused"
    helps_to_try_other_model = True


class ModelNoCredit(ModelRejected):
    """The account has no money or quota left."""

    code = "model_no_credit"
    helps_to_try_other_model = True


class ModelNotFound(ModelRejected):
    """The vendor has no such model, or not at this address."""

    code = "model_not_found"
    helps_to_try_other_model = True


class ModelRefused(ModelError):
    """The model declined to answer on grounds of policy, or the vendor's filter broke its answer off."""

    code = "model_refused"


class ModelUnavailable(ModelError):
    """No connection, or trouble at the vendor's: later it may work."""

    code = "model_unavailable"
    http_status = 503
    retryable = True


class ModelOverloaded(ModelUnavailable):
    """The vendor has too much to do at the moment."""

    code = "model_overloaded"


class ModelRateLimited(ModelUnavailable):
    """This key has called too often. retry_after: seconds the vendor asks to wait, if it says so."""

    code = "model_rate_limited"


class ModelTimeout(ModelUnavailable):
    """No whole answer within the time allowed."""

    code = "model_timeout"
    http_status = 504


class ModelBadReply(ModelError):
    """An answer that cannot be used: cut short, empty or malformed."""

    code = "model_bad_reply"
    retryable = True


class CutShort(ModelBadReply):
    """The connection or the stream ended before the answer did."""

    code = "model_cut_short"
