"""`huishang doctor`: what is well, what is not, and what to do; it changes nothing."""
