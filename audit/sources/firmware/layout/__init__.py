"""Where the files of a firmware lie on the unit, which of them count there, and what is missing."""
