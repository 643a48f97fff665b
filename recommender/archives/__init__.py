"""A shop as one file: all that cannot be made again, to be put back here or elsewhere."""
