"""Importing: shops' files become rows of the event log and items of the catalogue."""
