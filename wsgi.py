"""The application for any WSGI server, and for `flask`. Commands that need no settings (flask programme cases) run without them."""

import os

from server import create_app
from server.cli import bare
from server.settings import SettingsError

try:
    app = create_app()
except SettingsError as error:
    if os.environ.get("FLASK_RUN_FROM_CLI") != "true":
        raise
    app = bare(error)
