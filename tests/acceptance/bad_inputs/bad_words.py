"""Rules of fields, and what is said of values that break them."""

from __future__ import annotations

PHONE = "type: phone, country: IN"
NUMBER = "type: number"
NAME_FORM = "Expected something like 12.5, or name the form of the numbers in the mapping."
NO_NUMBER = f"is not a number that the mapping can read. {NAME_FORM}"
NO_PHONE = "is not a phone number in India. Expected something like +91 81234 56789."
NO_FLAG = "is neither yes nor no. Expected yes or no (or true, false, 1, 0)."
NO_DAY = "is not a date of the form DD/MM/YYYY. Expected something like 31/12/2026."
NO_ISO_DAY = "is not a date of the form YYYY-MM-DD. Expected something like 2026-12-31."
NO_MOMENT = "is not a date and time of the form DD/MM/YYYY hh:mm. Expected something like 31/12/2026 18:30."
UNSENDABLE = "holds a character that cannot be sent. Type the text again."
ZONED = (
    "is not a date and time of the form DD/MM/YYYY hh:mm:ss +hhmm. Expected something like 31/12/2026 18:30:00 +0530."
)
DAY = 'type: date, format: "%d/%m/%Y"'
MOMENT = 'type: datetime, format: "%d/%m/%Y %H:%M", timezone: Asia/Kolkata'


def no_email(help_: str) -> str:
    """What is said of a text that is nearly an e-mail address."""
    return f"is not an e-mail address. {help_} Expected something like name@example.com."


def no_phone(help_: str) -> str:
    """What is said of a text that is nearly a phone number."""
    return NO_PHONE.replace("Expected", f"{help_} Expected")


def no_number(help_: str) -> str:
    """What is said of a text that is a number in another form."""
    return NO_NUMBER.replace(NAME_FORM, f"{help_} {NAME_FORM}")


def wrong(row: int, text: str, words: str) -> str:
    """What is said of a cell in column B."""
    return f'row {row}, column B "Value": "{text}" {words}'
