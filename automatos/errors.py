"""The few kinds of error that reach a person. Each says what is wrong, in words, and what to do next."""

from collections.abc import Mapping, Sequence


class AppError(Exception):
    """An expected refusal. Doors turn it into an answer: JSON at the API, a message on a page, a line in a terminal.

    code: a stable word for programs. message: a sentence for people. http_status: the answer's status.
    retryable: the same call may succeed later. fields: texts by field name, for forms.
    """

    code = "error"
    http_status = 400
    retryable = False

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        fields: Mapping[str, Sequence[str]] | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.fields = {name: list(texts) for name, texts in (fields or {}).items()}
        self.retry_after = retry_after


class InvalidInput(AppError):
    """What was sent cannot be used; `fields` names each part and its cure."""

    code = "invalid"
    http_status = 400


class NotFound(AppError):
    """No such thing here. The same words whether it never existed or belongs to someone else."""

    code = "not_found"
    http_status = 404

    def __init__(self, message: str = "Nothing was found at this address.") -> None:
        super().__init__(message)


class NotAllowed(AppError):
    """The person is known but their role does not allow this; the message names the role that does."""

    code = "not_allowed"
    http_status = 403


class NotSignedIn(AppError):
    """No credential, or a wrong one."""

    code = "not_signed_in"
    http_status = 401


class Conflict(AppError):
    """The thing is in a state, or was changed, so that this cannot be done now."""

    code = "conflict"
    http_status = 409


class TooMany(AppError):
    """More at once, or in a time, than the caller may; `retry_after` says in how many seconds it can work again."""

    code = "throttled"
    http_status = 429
    retryable = True


class PlanLimit(AppError):
    """The workspace's plan holds no more; the message names the limit, what is used and the cure."""

    code = "plan_limit"
    http_status = 402


class Unavailable(AppError):
    """A part this needs (database, queue, model server) does not answer right now."""

    code = "unavailable"
    http_status = 503
    retryable = True


def wrong_field(field: str, sentence: str) -> InvalidInput:
    """The error for one field. sentence: what is wrong with it and the cure."""
    return InvalidInput(sentence, fields={field: [sentence]})
