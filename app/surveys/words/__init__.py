"""The words of what we ship, by language, and the form in which a program gets words of its own."""
