"""What customers and visitors do."""
