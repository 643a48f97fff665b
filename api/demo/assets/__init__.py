"""The demo shop's style sheet and script."""
