"""Passwords: how they are hashed, and where, so that no phone call waits for it."""
