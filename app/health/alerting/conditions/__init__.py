"""What can hold at an account: pure conditions over what is known of it, and the spells in which each did."""
