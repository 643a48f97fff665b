"""How often anybody may call."""
