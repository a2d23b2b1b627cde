"""Who answers what the FAQ does not: the OpenAI Realtime session, or the local receptionist."""
