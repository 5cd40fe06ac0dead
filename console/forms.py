"""Forms of the console: Flask-WTF with Chinese messages. Fields have labels; `hint` in render_kw-free `description` is shown below."""

from flask_wtf import FlaskForm

from services.errors import Invalid


class Form(FlaskForm):  # type: ignore[misc]  # flask-wtf has no types
    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        locales = ("zh",)
        #: Checked once for all views (console.access), not by each form.
        csrf = False


def blame(form: Form, wrong: Invalid, otherwise: str = "") -> None:
    """Put what a service found wrong beside the field that it names; of a field that the form has not, beside `otherwise`, or raise it."""
    for one in wrong.extra.get("errors") or [{"field": otherwise, "reason": wrong.detail}]:
        field = form._fields.get(one["field"], form._fields.get(otherwise))
        if field is None:
            raise wrong
        field.errors = [*field.errors, one["reason"]]
