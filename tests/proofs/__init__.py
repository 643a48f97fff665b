"""What must hold under load and violence; each in full by `make prove`, and small and seeded in the tests."""
