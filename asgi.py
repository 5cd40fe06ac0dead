"""The application with the heartbeat lane in front, under gunicorn's ASGI worker: `gunicorn -c gunicorn.conf.py asgi:app`."""

from server import create_asgi_app

app = create_asgi_app()
