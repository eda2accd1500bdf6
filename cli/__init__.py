"""The command line `huishang`; the only folder that knows all three stages."""
