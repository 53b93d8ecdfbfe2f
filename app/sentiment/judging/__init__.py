"""What is made of a reading once it stands: marked words, corrections, and scores that do not fit the comment."""
