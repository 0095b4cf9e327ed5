"""Why a request of ours to the outside came to nothing. No text carries a header, a body or a query."""

from automatos.errors import AppError


class OutsideError(AppError):
    """The request came to nothing."""

    code = "outside_failed"
    http_status = 502


class Refused(OutsideError):
    """We do not send this request: its address, a header or a redirect is not allowed."""

    code = "outside_refused"
    http_status = 400


class Unreachable(OutsideError):
    """The other side does not answer, or not in a way that can be understood."""

    code = "outside_unreachable"
    retryable = True


class TooSlow(OutsideError):
    """The whole exchange took longer than allowed."""

    code = "outside_too_slow"
    http_status = 504
    retryable = True


class TooMuch(OutsideError):
    """The answer is larger than allowed, packed or unpacked."""

    code = "outside_too_large"


class WrongType(OutsideError):
    """The answer is of a media type the caller cannot use."""

    code = "outside_wrong_type"
