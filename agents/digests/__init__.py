"""Daily reports, consult and dispatch lists, bulletins: what a county's duty room reads and signs."""
