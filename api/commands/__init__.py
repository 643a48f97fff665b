"""Commands of `vitrine` that belong to the service."""
