"""The forms of the pages about languages and the look."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, RadioField
from wtforms.validators import ValidationError

from app.core.face import colours, pictures
from app.core.face.pictures import Picture
from app.core.web.fields import Line, Words, choices

FORMAL, INFORMAL = "formal", "informal"
MOST_BYTES = 4 * 1024
MOST_PIXELS = 2000


class SentenceForm(FlaskForm):
    """One sentence in other words."""

    words = Words(
        _l("What it says"),
        required=False,
        limit=1000,
        description=_l("Left empty, it says again what came with the product."),
    )


class ReviewForm(FlaskForm):
    """Who has read a translation."""

    reviewer = Line(
        _l("Native speaker who has read it"), description=_l("This name stands beside the language.")
    )


class AddressForm(FlaskForm):
    """How people are addressed in a language."""

    address = RadioField(
        _l("Form of address"), choices=choices((FORMAL, _l("Formal")), (INFORMAL, _l("Informal")))
    )


class LookForm(FlaskForm):
    """The colour and the logo on everything that customers see."""

    accent = Line(
        _l("Colour"),
        required=False,
        limit=7,
        description=_l(
            "Of buttons and links, as #35429b. Dark pages get a lighter shade of it. Left empty, it is ours."
        ),
        render_kw={"spellcheck": "false", "autocomplete": "off"},
    )
    logo = FileField(
        _l("Logo"),
        description=_l(
            "PNG, JPEG or WebP of at most 4 kB, so that the page stays light on a phone. It is shown 32 pixels high; twice as many look sharp. No SVG: it can carry scripts."
        ),
        render_kw={"accept": "image/png,image/jpeg,image/webp"},
    )
    no_logo = BooleanField(_l("Take the logo away"))

    picture: Picture | None = None
    body: bytes = b""

    def validate_accent(self, field) -> None:
        field.data = (field.data or "").lower()
        if not field.data:
            return
        if not colours.is_colour(field.data):
            raise ValidationError(_("A colour is # and six digits or letters from a to f, as in #35429b."))
        found = colours.weakest(field.data)
        if found < colours.ENOUGH:
            raise ValidationError(
                _(
                    "Too light to be read on a white page: its contrast is %(found)s to 1, and letters need 4.5. %(near)s would do.",
                    found=f"{found:.1f}",
                    near=colours.near(field.data),
                )
            )

    def validate_logo(self, field) -> None:
        """Read the file that was sent, if one was; what its bytes say counts, not its name."""
        if not getattr(field.data, "filename", ""):
            return
        self.body = field.data.read(MOST_BYTES + 1)
        if len(self.body) > MOST_BYTES:
            raise ValidationError(
                _(
                    "This file has more than 4 kB. A picture 64 pixels high with few colours, saved as WebP or PNG, is small enough."
                )
            )
        self.picture = pictures.read(self.body)
        if self.picture is None:
            raise ValidationError(_("This is no whole PNG, JPEG or WebP picture."))
        if max(self.picture.width, self.picture.height) > MOST_PIXELS:
            raise ValidationError(_("At most 2,000 pixels wide and high."))
