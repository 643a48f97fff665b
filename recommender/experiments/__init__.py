"""What experiments tell: differences with intervals, policies judged from logs, arms that learn, offers that pay."""
