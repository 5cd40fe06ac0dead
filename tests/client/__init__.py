"""The teachers' client: its unit tests, and its player against real servers."""
