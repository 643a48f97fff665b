"""How likely a visit ends with an order."""
