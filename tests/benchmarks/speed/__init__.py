"""How fast the service is, beside what its framework costs by itself: every figure comes with controls of its run."""
