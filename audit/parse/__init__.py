"""Text in, facts out: one module per Android format. No I/O, no judgement."""
