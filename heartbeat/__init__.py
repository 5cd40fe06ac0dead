"""Counts valid seconds. Pure rules and their Redis twin; only `flusher` touches SQL."""
