"""What staff judge: grades, marks, certifications, attendance, one by one or as a list."""
