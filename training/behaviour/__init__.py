"""What customers and visitors do: who comes back, how far they get, and which ways they take."""
