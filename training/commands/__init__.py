"""Commands of the offline side."""
