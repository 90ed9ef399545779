"""Decisions of people about verdicts: waivers, sign-offs, and the keys they are signed with."""
