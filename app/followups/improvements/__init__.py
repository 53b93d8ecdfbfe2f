"""What we did about what customers said, told to them."""
