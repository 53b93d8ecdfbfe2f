"""How programs come to ask by themselves: schedules as data, and the plan of a drip."""
