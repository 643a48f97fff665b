"""Logged pages answered again: as they were, and as another configuration or model would have answered them."""
