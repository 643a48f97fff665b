"""The modules that only pages with campaigns load, after the script."""
