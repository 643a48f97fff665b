"""A shop that nobody runs, of any size: popularity, tastes, sessions and orders are drawn from a seed."""
