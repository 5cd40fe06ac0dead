"""Use cases, one noun a file. A service takes a Session, collaborators and `now`; the entry point commits. Never imports Flask."""
