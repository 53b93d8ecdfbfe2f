"""The sums behind the trends beside the answers they are made of: following accounts, recounting, verifying."""
