"""Audiences: members of segments that leave the shop, as files or to a receiver."""
