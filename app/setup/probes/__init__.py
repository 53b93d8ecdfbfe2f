"""The tests of the mail step: the server, its certificate and sign-in, and what DNS says about the sender's domain."""
