"""Popups and their offers: who may see them, what they promise, and what that may cost. Pure: no web, no database."""
