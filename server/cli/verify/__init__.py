"""The live checks: real calls to the running server, judged before the first customer rings."""
