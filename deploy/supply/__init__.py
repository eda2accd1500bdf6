"""What Huishang is made of: lock files read strictly, licences listed, a bill of materials."""
