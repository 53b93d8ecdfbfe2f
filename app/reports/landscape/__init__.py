"""All accounts in one picture: who takes part, how they feel, and how much is at stake."""
