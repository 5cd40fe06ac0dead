"""Rosters (名单): a file of teachers, checked as a whole and then taken in."""
