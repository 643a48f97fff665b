"""What visitors did lately, kept where every request can read it at once."""
