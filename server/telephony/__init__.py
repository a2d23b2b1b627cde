"""Twilio's words, at the edge only."""
