"""Where each customer stands in their life with the shop: scores, groups, and what is still to be expected of them."""
