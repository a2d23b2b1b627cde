"""Measurements on this machine: `make bench`. Nothing here is a test; nothing asserts a time."""
