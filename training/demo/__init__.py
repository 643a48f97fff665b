"""The demo shop: a real gift shop's log, and the catalogue derived from it."""
