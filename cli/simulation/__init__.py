"""A quarter of some counties with planted trouble, run through the real deciding code with a moved clock."""
