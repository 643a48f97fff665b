"""Events: their names, their one schema, how they are decoded, and the log that keeps them."""
