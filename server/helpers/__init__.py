"""Processes beside the server for what must not run in it: heavy, or blocking where it is green."""
