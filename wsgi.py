"""The application for a WSGI server: `wsgi:app`."""

from microshare import create_app

app = create_app()
