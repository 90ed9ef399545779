"""How a history of an earlier program becomes one of this program."""
