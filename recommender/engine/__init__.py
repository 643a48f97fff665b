"""The engine: a pure function from snapshot, visitor, question and moment to lists of items."""
