"""What Gunicorn and the flask command load: ``wsgi:app``."""

from dotenv import load_dotenv

from server import create_app
from server.errors import SettingsError

load_dotenv(".env")

try:
    app = create_app()
except SettingsError as error:
    raise SystemExit(f"maane: {error}") from None
