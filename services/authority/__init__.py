"""Who may do what on whom: roles as data, the person who acts, and the one scope that every query of theirs passes."""
