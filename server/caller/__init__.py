"""A synthetic caller: rings a server as Twilio would, speaks, listens, and tells what it heard."""
