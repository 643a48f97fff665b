"""Online: the HTTP service, its adapters and the snippet."""
