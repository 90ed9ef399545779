"""Recordings of what somebody watched a unit do, and the contacts they tell of."""
