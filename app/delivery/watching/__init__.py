"""Watching what is sent: the first people of a program, waves that go wrong, mails in doubt, how fast it goes."""
