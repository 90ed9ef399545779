"""What an audit talks about: frozen records and nothing but their invariants."""
