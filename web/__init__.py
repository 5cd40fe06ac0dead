"""What both fronts, the teachers' API and the staff's console, share of Flask: the collaborators, a unit of work, HTTP statuses."""
