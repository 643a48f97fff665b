"""What showcases, popups and offers earned: the event log, joined to who was in which group."""
