"""The demo shop's pages, for Jinja."""
