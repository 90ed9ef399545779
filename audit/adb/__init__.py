"""The ADB protocol: reaching a unit, by server, USB or TCP."""
