"""Writes files as Android's build tools do: what virtual units serve, and what the tests read."""
