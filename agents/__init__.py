"""What is decided: intake (events to packs) and tally (packs to counts and alerts)."""
