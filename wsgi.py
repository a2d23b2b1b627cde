"""What Gunicorn and the flask command load: ``wsgi:app``."""

from dotenv import load_dotenv

from server import create_app

load_dotenv(".env")

app = create_app()
