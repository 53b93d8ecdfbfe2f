"""What people who gave a 7 or an 8 would need for a 9."""
