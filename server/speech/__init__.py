"""Recognisers and synthesisers behind one protocol each."""
