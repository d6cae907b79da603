"""What the server refuses, in words for the person who asked."""


class Refused(Exception):
    """A request that cannot be met, and changed nothing; `status` is the HTTP status."""

    status = 400

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class BadRequest(Refused):
    """The request itself is wrong."""


class Forbidden(Refused):
    """The request lacks the right to what it asks."""

    status = 403


class NotFound(Refused):
    """There is no such thing."""

    status = 404


class Gone(Refused):
    """It was here, and is no more."""

    status = 410


class NoRoom(Refused):
    """There is no space for what the request would make."""

    status = 507


class Conflict(Refused):
    """The thing is in another state than the request needs."""

    status = 409
