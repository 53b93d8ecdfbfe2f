"""How the installation faces customers: its forms of address, its corrected words, its colour and its logo."""
