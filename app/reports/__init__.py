"""Reading only: statistics, rollups, charts, the managers' numbers."""
