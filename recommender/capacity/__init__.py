"""How much machine a shop needs: a cost model whose constants are measured (`costs.json`)."""
