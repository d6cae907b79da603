"""What the server refuses, in words for the person who asked."""


class Refused(Exception):
    """A request that cannot be met, and changed nothing; `status` is the HTTP status."""

    status = 400

    def __init__(self, message: str, code: int = -1) -> None:
        super().__init__(message)
        self.message = message
        self.code = code  # OpenTok's, where it has one


class BadRequest(Refused):
    """The request itself is wrong."""


class Forbidden(Refused):
    """The request lacks the right to what it asks."""

    status = 403


class NotFound(Refused):
    """There is no such thing."""

    status = 404


class InvalidStream(Refused):
    """There are streams, and this is none of them: OpenTok's documentation has a status of its own for it."""

    status = 408


class NotAllowed(Refused):
    """What was asked does not apply to such a thing."""

    status = 405


class Locked(Refused):
    """The door is closed, for now or until somebody opens it."""

    status = 423


class Gone(Refused):
    """It was here, and is no more."""

    status = 410


class TooMany(Refused):
    """Whoever asks has as much as they may at a time."""

    status = 429
    retry_after = 30  # seconds


class Overloaded(Refused):
    """The server cannot carry more at the moment."""

    status = 503
    retry_after = 30  # seconds


class OutOfSpace(Refused):
    """There is no space for what the request would make."""

    status = 507


class Conflict(Refused):
    """The thing is in another state than the request needs."""

    status = 409


class TooLarge(Refused):
    """The request carries more than it may."""

    status = 413


class NotSetUp(Refused):
    """The server could, if whoever hosts it had set it up."""

    status = 501
