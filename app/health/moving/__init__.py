"""What follows when an account has another colour than the day before."""
