"""The kinds of value that programs send and get: text through the gate, ids as strings, moments in UTC.

A body is JSON, so its numbers are numbers and its flags are flags; an address carries everything as text.
"""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

import marshmallow as ma
from flask_babel import lazy_gettext as _

from app.contacts.importers.cells import Unreadable
from app.core import text

LARGEST_ID = 2**63 - 1
LARGEST_AMOUNT = Decimal(10) ** 12
YEARS = range(1970, 2200)
LOST_PLUS = re.compile(r" (\d\d:?\d\d)$")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:?\d\d)", re.ASCII)
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
WHOLE = re.compile(r"-?\d{1,18}", re.ASCII)


class Worded:
    """The words of what any field may find missing."""

    default_error_messages = {"required": _("This is needed."), "null": _("This cannot be null.")}


class Late(ma.Schema):
    """A schema that copies and binds its fields when something of it is first used.

    The routes hold hundreds of them, of 7 kB each, and most processes use few of them or none.
    """

    _beginning = threading.RLock()

    def __init__(self, **options: Any):
        self._options = options

    def __getattr__(self, name: str) -> Any:
        """What is not there yet. Whoever copies a schema asks for special methods, which are not among it."""
        if not name.startswith("__"):
            with self._beginning:
                if (options := vars(self).pop("_options", None)) is not None:
                    super().__init__(**options)
        return object.__getattribute__(self, name)


class Given(Late):
    """What a program sends. A name that is not known is an error, so that no wish is passed over in silence."""

    class Meta:
        unknown = ma.RAISE

    error_messages = {
        "unknown": _("There is no field of this name."),
        "type": _("This must be an object."),
    }


class Shown(Late):
    """What a program gets."""


def passed(value: str, *, limit: int, lines: bool = False) -> str:
    """Text through the gate; a ValidationError says why it cannot be stored."""
    try:
        found = text.clean(value, limit=limit)
    except text.UnreadableText as problem:
        raise ma.ValidationError(str(problem)) from None
    return found if lines else text.line(found, limit=limit)


class Text(Worded, ma.fields.String):
    """One line of text, or several with `lines`; empty only with `blank`."""

    default_error_messages = {"invalid": _("This must be text."), "blank": _("This cannot be empty.")}

    def __init__(self, limit: int = 200, *, blank: bool = False, lines: bool = False, **options):
        bounds = {"maxLength": limit} | ({} if blank else {"minLength": 1})
        super().__init__(metadata=bounds | options.pop("metadata", {}), **options)
        self.limit, self.blank, self.lines = limit, blank, lines

    def _deserialize(self, value, attr, data, **more) -> str:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        found = passed(value, limit=self.limit, lines=self.lines)
        if not (found or self.blank):
            raise self.make_error("blank")
        return found


class Email(Text):
    """An e-mail address, as its owner writes it."""

    def __init__(self, **options):
        super().__init__(320, metadata={"format": "email"}, **options)

    def _deserialize(self, value, attr, data, **more) -> str:
        try:
            return text.email(super()._deserialize(value, attr, data))
        except text.UnreadableText as problem:
            raise ma.ValidationError(str(problem)) from None


class Read(Text):
    """Text with a meaning, brought into its usual form by the reader that files use, too."""

    def __init__(self, reader: Callable[[str], Any], limit: int = 64, **options):
        super().__init__(limit, **options)
        self.reader = reader

    def _deserialize(self, value, attr, data, **more) -> Any:
        try:
            return self.reader(super()._deserialize(value, attr, data))
        except Unreadable as problem:
            raise ma.ValidationError(str(problem)) from None


class Choice(Worded, ma.fields.String):
    """One of the values of an enumeration."""

    default_error_messages = {"invalid": _("This must be text."), "choice": _("There is no such value.")}

    def __init__(self, of: type[StrEnum], *, but: tuple = (), **options):
        self.of = of
        self.values = [member.value for member in of if member not in but]
        nothing = [None] if options.get("allow_none") else []
        super().__init__(metadata={"enum": self.values + nothing} | options.pop("metadata", {}), **options)

    def _serialize(self, value, attr, obj, **more) -> str | None:
        return None if value is None else str(value)

    def _deserialize(self, value, attr, data, **more) -> StrEnum:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        if value not in self.values:
            raise self.make_error("choice")
        return self.of(value)


class Id(Worded, ma.fields.String):
    """The id of a row: a string outside, a number inside."""

    default_error_messages = {"invalid": _("This is not an id.")}

    def __init__(self, **options):
        super().__init__(metadata={"pattern": "^[0-9]{1,19}$"} | options.pop("metadata", {}), **options)

    def _serialize(self, value, attr, obj, **more) -> str | None:
        return None if value is None else str(value)

    def _deserialize(self, value, attr, data, **more) -> int:
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        if isinstance(value, str) and re.fullmatch(r"\d{1,19}", value, re.ASCII):
            value, is_whole = int(value), True
        if not is_whole or not 0 <= value <= LARGEST_ID:
            raise self.make_error("invalid")
        return value


class Whole(Worded, ma.fields.Integer):
    """A whole number within bounds; with `text`, as an address carries it."""

    default_error_messages = {"invalid": _("This must be a whole number.")}

    def __init__(self, least: int, most: int, *, text: bool = False, **options):
        bounds = {"minimum": least, "maximum": most}
        super().__init__(strict=True, metadata=bounds | options.pop("metadata", {}), **options)
        self.least, self.most, self.text = least, most, text

    def _deserialize(self, value, attr, data, **more) -> int:
        if self.text and isinstance(value, str) and WHOLE.fullmatch(value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.make_error("invalid")
        if not self.least <= value <= self.most:
            words = _("This must lie between %(least)d and %(most)d.", least=self.least, most=self.most)
            raise ma.ValidationError(words)
        return value


class Flag(Worded, ma.fields.Boolean):
    """True or false; with `text`, as an address carries it."""

    default_error_messages = {"invalid": _("This must be true or false.")}

    def __init__(self, *, text: bool = False, **options):
        super().__init__(**options)
        self.text = text

    def _deserialize(self, value, attr, data, **more) -> bool:
        if self.text:
            value = {"true": True, "false": False}.get(value, value)
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value


class Number(Worded, ma.fields.Float):
    """A number within bounds."""

    default_error_messages = {"invalid": _("This must be a number.")}

    def __init__(self, least: float, most: float, **options):
        bounds = {"minimum": least, "maximum": most}
        super().__init__(metadata=bounds | options.pop("metadata", {}), **options)
        self.least, self.most = least, most

    def _deserialize(self, value, attr, data, **more) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.make_error("invalid")
        if not self.least <= value <= self.most:
            words = _("This must lie between %(least)g and %(most)g.", least=self.least, most=self.most)
            raise ma.ValidationError(words)
        return float(value)


class Money(Worded, ma.fields.Float):
    """An amount of money, kept to two decimals."""

    default_error_messages = {
        "invalid": _("This must be an amount of money, as a number."),
        "bounds": _("An amount is not negative and smaller than any budget."),
    }

    def __init__(self, **options):
        super().__init__(metadata={"minimum": 0, "exclusiveMaximum": 10**12}, **options)

    def _deserialize(self, value, attr, data, **more) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.make_error("invalid")
        try:
            amount = Decimal(str(value)).quantize(Decimal("0.01"), ROUND_HALF_UP)
        except InvalidOperation:
            raise self.make_error("bounds") from None
        if not 0 <= amount < LARGEST_AMOUNT:
            raise self.make_error("bounds")
        return amount


class Moment(Worded, ma.fields.AwareDateTime):
    """A moment by RFC 3339: with its offset on the way in, in UTC on the way out."""

    default_error_messages = {
        "invalid": _("This must be a moment with its offset, like 2026-03-04T10:00:00Z."),
    }

    def _serialize(self, value, attr, obj, **more) -> str | None:
        return None if value is None else value.astimezone(UTC).isoformat().replace("+00:00", "Z")

    def _deserialize(self, value, attr, data, **more) -> datetime:
        value = LOST_PLUS.sub(r"+\1", value) if isinstance(value, str) else ""
        if not MOMENT.fullmatch(value):
            raise self.make_error("invalid")
        try:
            found = datetime.fromisoformat(value.upper())
        except ValueError:
            raise self.make_error("invalid") from None
        if found.year not in YEARS:
            raise self.make_error("invalid")
        return found.astimezone(UTC)


class Day(Worded, ma.fields.Date):
    """A calendar day."""

    default_error_messages = {"invalid": _("This must be a day, like 2026-03-04.")}

    def _deserialize(self, value, attr, data, **more) -> date:
        if not isinstance(value, str) or not DAY.fullmatch(value):
            raise self.make_error("invalid")
        try:
            found = date.fromisoformat(value)
        except ValueError:
            raise self.make_error("invalid") from None
        if found.year not in YEARS:
            raise self.make_error("invalid")
        return found


class Attributes(Worded, ma.fields.Dict):
    """Names with values, kept as text; null takes a name away."""

    default_error_messages = {
        "invalid": _("This must be an object."),
        "many": _("That are too many attributes."),
        "value": _("A value is text, a number, true or false, or null."),
    }
    MOST = 100

    def __init__(self, **options):
        value = ma.fields.String(allow_none=True)
        super().__init__(keys=ma.fields.String(), values=value, **options)

    def _deserialize(self, value, attr, data, **more) -> dict[str, str | None]:
        if not isinstance(value, Mapping):
            raise self.make_error("invalid")
        if len(value) > self.MOST:
            raise self.make_error("many")
        return {passed(name, limit=120): self._text(given) for name, given in value.items()}

    def _text(self, value: Any) -> str | None:
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
            return passed(str(value), limit=200)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            raise self.make_error("value")
        return passed(value, limit=200)


class Many(Worded, ma.fields.List):
    """Several values: a list in a body; in an address the name again and again, any of which will do."""

    default_error_messages = {"invalid": _("This must be a list."), "many": _("That are too many values.")}

    def __init__(self, of: ma.fields.Field, *, most: int = 50, **options):
        super().__init__(of, metadata={"maxItems": most} | options.pop("metadata", {}), **options)
        self.most = most

    def _deserialize(self, value, attr, data, **more) -> list:
        if not isinstance(value, list):
            raise self.make_error("invalid")
        if len(value) > self.most:
            raise self.make_error("many")
        return super()._deserialize(value, attr, data, **more)
