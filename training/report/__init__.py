"""The evaluation as a page with plots."""
