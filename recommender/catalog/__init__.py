"""The catalogue: items as shops describe them, and the table the engine reads."""
