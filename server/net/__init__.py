"""WebSockets on plain blocking sockets, for both of a call's connections."""
