"""What happened on a day: a price rise, an outage; noted by hand, marked on the trends."""
