"""What Twilio calls over HTTP."""
