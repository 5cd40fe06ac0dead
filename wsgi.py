"""The application under any WSGI server: `gunicorn wsgi:app`."""

from server import create_app

app = create_app()
