"""Standing in for somebody who is away: their page, and what happened meanwhile."""
