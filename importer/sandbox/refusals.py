"""LeadSquared's refusals: their types, their words and their HTTP status."""

from __future__ import annotations

DUPLICATE = "MXDuplicateEntryException"


class ApiError(Exception):
    """A refusal. ``kind`` is the ExceptionType; ``status`` the HTTP status, 0 for the one of application errors."""

    def __init__(self, kind: str, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.status = status

    def envelope(self) -> dict[str, str]:
        """The body of the answer."""
        return {"Status": "Error", "ExceptionType": self.kind, "ExceptionMessage": self.message}


class BadShape(ApiError):
    """A body that cannot be read as what the call expects: HTTP 400, and it refuses the whole call."""

    def __init__(self, message: str) -> None:
        super().__init__("JsonSerializationException", message, 400)


def cannot_deserialize(found: object, expected: str) -> BadShape:
    """A JSON array where an object is expected, or the other way round."""
    word = "array" if isinstance(found, list) else "object" if isinstance(found, dict) else "value"
    return BadShape(f"Cannot deserialize the current JSON {word} into type '{expected}'.")


def error_converting(value: object, expected: str) -> BadShape:
    """A JSON value of another type than expected."""
    return BadShape(f"Error converting value {str(value)[:40]} to type '{expected}'.")


def bad_key() -> ApiError:
    """Keys that are missing or wrong."""
    return ApiError("MXInvalidAccessDetailsException", "Invalid Access Details provided.", 401)


def invalid(parameter: str) -> ApiError:
    """A parameter or value that LeadSquared does not take."""
    return ApiError("MXInvalidInputException", f"Invalid Input! Parameter Name: {parameter}")


def mandatory(name: str) -> ApiError:
    """Something that has to be there."""
    return ApiError("MXMandatoryAttributeMissingException", f"'{name}' is mandatory for this operation.")


def unknown_attributes(names: list[str]) -> ApiError:
    """Lead fields that do not exist. All of them are named; one is enough to refuse the lead."""
    return ApiError("MXUnknownAttributeException", f"Attribute(s) does not exist - {','.join(names)}.")


def duplicate(what: str) -> ApiError:
    """A unique value that another lead has."""
    return ApiError(DUPLICATE, f"A Lead with same {what} already exists.")


def unknown_event() -> ApiError:
    """An activity type that does not exist."""
    return ApiError("MXInvalidActivityException", "Event Code is invalid or empty")


def unknown_activity() -> ApiError:
    """An activity that does not exist."""
    return ApiError("MXUnknownProspectActivityException", "Activity does not exist.")


def locked_activity() -> ApiError:
    """An activity that may not be changed any more. Its true ExceptionType has not been seen."""
    return ApiError("MXInvalidInputException", "Invalid Input! The activity is locked.")


def activity_field(message: str) -> ApiError:
    """A field of an activity that is missing or wrong."""
    return ApiError("MXInvalidActivityFieldsException", message)


def unknown_lead() -> ApiError:
    """A lead that does not exist. Its true ExceptionType has not been seen; this is the likeliest."""
    return ApiError("MXInvalidLeadException", "Lead does not exist.")


def throttled(limit: int, seconds: float) -> ApiError:
    """More calls than allowed."""
    text = f"API calls exceeded the limit of {limit} in {seconds:g} second(s)"
    return ApiError("MXAPIRateLimitExceededException", text, 429)
