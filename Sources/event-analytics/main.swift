print("event-analytics: not yet furnished")
