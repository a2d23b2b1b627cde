"""Telephone audio: mu-law, frames, voice activity, pacing. Pure."""
