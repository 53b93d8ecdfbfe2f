"""What they said: a response and its answers, recorded once, editable with history."""
