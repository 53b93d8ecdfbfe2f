"""How this company follows up: who gets which follow-up, what causes are called, and what happens by itself."""
