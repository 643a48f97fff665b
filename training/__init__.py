"""Offline: import, clean, fit, evaluate and publish."""
