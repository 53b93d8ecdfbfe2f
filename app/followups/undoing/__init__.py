"""What somebody of us just did to tasks, kept as it was before, so that one press takes it back."""
