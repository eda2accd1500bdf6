"""Cases: a dispute's or ticket's way from registered to verified, its limits, its figures."""
