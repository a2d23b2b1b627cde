"""A stand-in for Twilio's REST API on a real socket, strict: recordings, numbers and SMS only."""

from .server import ACCOUNT_SID, AUTH_TOKEN, FakeTwilioRest, Request, TwilioOptions

__all__ = ["ACCOUNT_SID", "AUTH_TOKEN", "FakeTwilioRest", "Request", "TwilioOptions"]
