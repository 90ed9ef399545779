"""A place on the bench where everything a unit asks for ends: it writes down, and forwards nothing."""
