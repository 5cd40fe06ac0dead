"""Forms of the console: Flask-WTF with Chinese messages. Fields have labels; `hint` in render_kw-free `description` is shown below."""

from flask_wtf import FlaskForm


class Form(FlaskForm):  # type: ignore[misc]  # flask-wtf has no types
    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        locales = ("zh",)
        #: Checked once for all views (console.access), not by each form.
        csrf = False
