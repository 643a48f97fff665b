"""Training by Spark: jobs over the event log in place of the steps that grow with it; the same models and artifact."""
